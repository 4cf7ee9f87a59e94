"""Activations reconstructed by one IHT step, and noise of the same norm, for the decoders."""

import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.device import job_device
from cnninvert.filter_banks import filter_banks
from cnninvert.hdf5 import whole_hdf5, write_row
from cnninvert.networks import Network
from cnninvert.progress import progress
from cnninvert.table4 import READINGS, reconstructions


def main(snakemake):
    layer = snakemake.wildcards.layer
    device = job_device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations, network)
    seed = snakemake.params.seed
    banks = filter_banks(network, layer, seed, snakemake.params.filter_seeds)
    output = snakemake.output.reconstructions
    with torch.inference_mode(), whole_hdf5(output) as file:
        file.attrs.update({switches: str(reading) for switches, reading in READINGS.items()})
        for number in progress(range(len(activations)), "photographs"):
            x = activations.read(layer, "output", number, number + 1).to(device)
            for name, x_hat in reconstructions(x, banks, layer, seed, number):
                write_row(file, name, number, len(activations), x_hat[0].cpu().numpy())


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
