"""Activations of the named layers on the test photographs, as HDF5."""

from pathlib import Path

import torch

from cnninvert import job
from cnninvert.activations import extract
from cnninvert.device import job_device
from cnninvert.networks import Network


def main(snakemake):
    device = job_device(snakemake)
    with torch.inference_mode():
        extract(
            Network(snakemake.input.weights, device),
            Path(snakemake.input.photographs),
            snakemake.params.layers,
            Path(snakemake.output.activations),
            device,
        )


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
