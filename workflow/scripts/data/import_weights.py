"""A user's weight file, checked and copied with the attributes that the pipeline needs."""

from pathlib import Path

from machinery import job
from paper.data import weights


def import_weights(file: Path, path: Path, preprocessing: str) -> None:
    weights.import_weights(path, file, "vgg16", preprocessing)


if "snakemake" in globals():
    job.run(snakemake, import_weights)
