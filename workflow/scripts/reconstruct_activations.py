"""Activations reconstructed by one IHT step, and noise of the same norm, for the decoders."""

import h5py
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.files import whole
from cnninvert.filter_banks import filter_banks
from cnninvert.networks import Network
from cnninvert.progress import progress
from cnninvert.table4 import READINGS, reconstructions


def main(snakemake):
    layer = snakemake.wildcards.layer
    device = job.device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations)
    seed = snakemake.params.seed
    banks = filter_banks(network, layer, seed, snakemake.params.filter_seeds)
    output = snakemake.output.reconstructions
    with torch.inference_mode(), whole(output) as part, h5py.File(part, "w") as file:
        file.attrs.update({switches: str(reading) for switches, reading in READINGS.items()})
        for number in progress(range(len(activations)), "photographs"):
            x = activations.read(layer, "output", number, number + 1).to(device)
            for name, x_hat in reconstructions(x, banks, layer, seed, number):
                if name not in file:
                    shape = x.shape[1:]
                    file.create_dataset(name, (len(activations), *shape), "f4", chunks=(1, *shape))
                file[name][number] = x_hat[0].cpu().numpy()


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
