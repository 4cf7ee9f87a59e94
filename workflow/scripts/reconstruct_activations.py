"""Activations reconstructed by one IHT step, and noise of the same norm, for the decoders."""

import h5py
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.convolution import gaussian_filters
from cnninvert.files import whole
from cnninvert.layers import next_convolution
from cnninvert.networks import Network
from cnninvert.progress import progress
from cnninvert.readings import Reading
from cnninvert.reconstruction import reconstruct, scale_to
from cnninvert.vgg_filters import bank_generator


def main(snakemake):
    layer = snakemake.wildcards.layer
    device = job.device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations)
    learned = network.filters(next_convolution(layer)).contiguous()
    number = int(layer.removeprefix("pool"))
    seed = snakemake.params.seed
    shape = tuple(learned.shape)
    banks = [("learned", learned)] + [
        (f"gaussian{bank}", gaussian_filters(shape, bank_generator(seed, number, bank)).to(device))
        for bank in range(snakemake.params.filter_seeds)
    ]
    noise = bank_generator(seed, number, 998)
    output = snakemake.output.reconstructions
    with torch.inference_mode(), whole(output) as part, h5py.File(part, "w") as file:
        for start in progress(range(len(activations)), "photographs"):
            x = activations.read(layer, "output", start, start + 1)
            found = {"noise": scale_to(torch.randn(x.shape, generator=noise), x)}
            x = x.to(device)
            for switches in ("known", "fixed"):
                reading = Reading(switches=switches)
                for name, filters in banks:
                    found[f"{name}_{switches}"] = reconstruct(x, filters, reading, density=1.0)
                file.attrs[switches] = str(reading)
            for name, x_hat in found.items():
                if name not in file:
                    shape = x.shape[1:]
                    file.create_dataset(name, (len(activations), *shape), "f4", chunks=(1, *shape))
                file[name][start] = x_hat[0].cpu().numpy()


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
