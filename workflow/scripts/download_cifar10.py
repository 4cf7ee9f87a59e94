"""CIFAR-10 from the first source that serves it, as one HDF5 file."""

from pathlib import Path

from cnninvert import cifar10, job
from cnninvert.files import scratch_folder


def main(snakemake):
    output = Path(snakemake.output.cifar10)
    with scratch_folder(output) as scratch:
        cifar10.download(output, snakemake.resources.sources.split(","), scratch)


if "snakemake" in globals():
    job.run(snakemake, main)
