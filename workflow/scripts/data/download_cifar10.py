"""CIFAR-10 from the first source that serves it, as one HDF5 file."""

from pathlib import Path

from machinery import job
from machinery.files import scratch_folder
from paper.data import cifar10


def download_cifar10(path: Path, sources: str) -> None:
    with scratch_folder(path) as scratch:
        cifar10.download(path, sources.split(","), scratch)


if "snakemake" in globals():
    job.run(snakemake, download_cifar10)
