"""CIFAR-10 from the first source that serves it, as one HDF5 file."""

import tempfile
from pathlib import Path

from cnninvert import cifar10, job


def main(snakemake):
    output = Path(snakemake.output.cifar10)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".download-") as scratch:
        cifar10.download(output, snakemake.params.sources, Path(scratch))


if "snakemake" in globals():
    job.run(snakemake, main)
