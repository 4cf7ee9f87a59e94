"""Activations of the named layers on the test photographs, as HDF5."""

from pathlib import Path

import torch

from machinery import job
from paper.data.activations import extract
from paper.device import use_device
from paper.networks import load_network


def extract_activations(
    weights: Path, photographs: Path, activations: Path, layers: list[str], gpu: int
) -> None:
    device = use_device(gpu)
    network = load_network(weights, device)
    with torch.inference_mode():
        extract(network, photographs, layers, activations, device)


if "snakemake" in globals():
    job.run(snakemake, extract_activations)
