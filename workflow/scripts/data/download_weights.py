"""Pretrained weights as safetensors, from the first source that serves them."""

from pathlib import Path

from machinery import job
from machinery.files import scratch_folder
from paper.data.weights import download


def download_weights(path: Path, architecture: str, weights: str, sources: str) -> None:
    with scratch_folder(path) as scratch:
        download(path, architecture, weights, sources.split(","), scratch)


if "snakemake" in globals():
    job.run(snakemake, download_weights)
