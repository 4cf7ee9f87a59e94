"""Pretrained weights as safetensors: downloaded, or a user's file checked and copied."""

from pathlib import Path

from cnninvert import job, weights
from cnninvert.files import scratch_folder


def main(snakemake):
    architecture, name = snakemake.wildcards.architecture, snakemake.wildcards.weights
    params, output = snakemake.params, Path(snakemake.output.weights)
    if snakemake.input.file:
        file = Path(snakemake.input.file[0])
        weights.adopt(output, file, architecture, params.preprocessing)
        return
    with scratch_folder(output.parent / f".{output.stem}") as scratch:
        weights.download(output, architecture, name, params.sources, scratch)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
