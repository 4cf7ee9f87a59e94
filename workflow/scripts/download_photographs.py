"""The default photographs, one file a photograph."""

import tempfile
from pathlib import Path

from cnninvert import default_photographs, job


def main(snakemake):
    output = Path(snakemake.output.folder)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".download-") as scratch:
        complete = Path(scratch) / "photographs"
        default_photographs.download(complete, snakemake.params.sources, Path(scratch))
        complete.rename(output)


if "snakemake" in globals():
    job.run(snakemake, main)
