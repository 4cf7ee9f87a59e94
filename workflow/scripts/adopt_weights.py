"""A user's weight file, checked and copied with the attributes that the pipeline wants."""

from pathlib import Path

from cnninvert import job, weights


def main(snakemake):
    weights.adopt(
        Path(snakemake.output.weights),
        Path(snakemake.input.file),
        "vgg16",
        snakemake.params.preprocessing,
    )


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
