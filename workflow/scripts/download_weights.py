"""Pretrained weights as safetensors, from the first source that serves them."""

from pathlib import Path

from cnninvert import job, weights
from cnninvert.files import scratch_folder


def main(snakemake):
    architecture, name = snakemake.wildcards.architecture, snakemake.wildcards.weights
    order, output = snakemake.resources.sources.split(","), Path(snakemake.output.weights)
    with scratch_folder(output) as scratch:
        weights.download(output, architecture, name, order, scratch)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
