"""The default photographs, one file a photograph."""

from pathlib import Path

from cnninvert import default_photographs, job
from cnninvert.files import scratch_folder


def main(snakemake):
    output = Path(snakemake.output.folder)
    with scratch_folder(output.parent / ".photographs") as scratch:
        complete = scratch / "photographs"
        default_photographs.download(complete, scratch)
        complete.rename(output)


if "snakemake" in globals():
    job.run(snakemake, main)
