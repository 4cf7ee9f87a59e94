"""The heads of LPIPS as safetensors, from the first source that serves them."""

from pathlib import Path

from cnninvert import job, lpips_heads
from cnninvert.files import scratch_folder


def main(snakemake):
    order, output = snakemake.resources.sources.split(","), Path(snakemake.output.heads)
    with scratch_folder(output) as scratch:
        lpips_heads.download(output, snakemake.wildcards.architecture, order, scratch)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
