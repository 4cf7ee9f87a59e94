"""Activations reconstructed by one IHT step, and noise of the same norm, for the decoders."""

from pathlib import Path

import torch

from machinery import job
from machinery.hdf5 import atomic_hdf5, write_row
from machinery.progress import progress
from paper.data.activations import Activations
from paper.device import use_device
from paper.networks import load_network
from paper.table4.filter_banks import filter_banks
from paper.table4.reconstructions import READINGS, one_step_reconstructions


def reconstruct_activations(
    weights: Path,
    activations: Path,
    reconstructions: Path,
    layer: str,
    seed: int,
    gpu: int,
) -> None:
    device = use_device(gpu)
    network = load_network(weights, device)
    source = Activations(activations, network)
    with torch.inference_mode(), atomic_hdf5(reconstructions) as file:
        file.attrs.update({switches: str(reading) for switches, reading in READINGS.items()})
        for number in progress(range(len(source)), "photographs"):
            x = source.read(layer, "output", number, number + 1).to(device)
            banks = filter_banks(network, layer, seed, number)
            for name, x_hat in one_step_reconstructions(x, banks, layer, seed, number):
                write_row(file, name, number, len(source), x_hat[0].cpu().numpy())


if "snakemake" in globals():
    job.run(snakemake, reconstruct_activations)
