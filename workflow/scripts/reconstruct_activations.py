"""Activations reconstructed by one IHT step, and noise of the same norm, for the decoders."""

import h5py
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.files import whole
from cnninvert.filter_banks import filter_banks, noise_like
from cnninvert.networks import Network
from cnninvert.progress import progress
from cnninvert.readings import Reading
from cnninvert.reconstruction import reconstruct


def main(snakemake):
    layer = snakemake.wildcards.layer
    device = job.device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations)
    seed = snakemake.params.seed
    banks = filter_banks(network, layer, seed, snakemake.params.filter_seeds)
    output = snakemake.output.reconstructions
    with torch.inference_mode(), whole(output) as part, h5py.File(part, "w") as file:
        for start in progress(range(len(activations)), "photographs"):
            x = activations.read(layer, "output", start, start + 1).to(device)
            found = {"noise": noise_like(x, layer, seed, start)}
            for switches in ("known", "fixed"):
                reading = Reading(switches=switches)
                for (kind, bank), filters in banks.items():
                    name = (
                        f"{kind}{bank}_{switches}" if kind == "gaussian" else f"{kind}_{switches}"
                    )
                    found[name] = reconstruct(x, filters, reading, density=1.0)
                file.attrs[switches] = str(reading)
            for name, x_hat in found.items():
                if name not in file:
                    shape = x.shape[1:]
                    file.create_dataset(name, (len(activations), *shape), "f4", chunks=(1, *shape))
                file[name][start] = x_hat[0].cpu().numpy()


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
