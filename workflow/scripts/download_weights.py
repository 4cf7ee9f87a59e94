"""Pretrained weights as safetensors: downloaded, or a user's file checked and copied."""

import tempfile
from pathlib import Path

from cnninvert import job, weights


def main(snakemake):
    architecture, name = snakemake.wildcards.architecture, snakemake.wildcards.weights
    output = Path(snakemake.output.weights)
    output.parent.mkdir(parents=True, exist_ok=True)
    if snakemake.input.file:
        weights.adopt(
            output, Path(snakemake.input.file[0]), architecture, snakemake.params.preprocessing
        )
        return
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".download-") as scratch:
        weights.download(output, architecture, name, snakemake.params.sources, Path(scratch))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
