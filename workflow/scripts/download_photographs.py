"""The default photographs, one file a photograph."""

from pathlib import Path

from cnninvert import default_photographs, job
from cnninvert.files import scratch_folder, whole_folder


def main(snakemake):
    output = Path(snakemake.output.folder)
    packages = output.with_name("packages")
    with scratch_folder(packages) as scratch, whole_folder(output) as folder:
        default_photographs.download(folder, scratch)


if "snakemake" in globals():
    job.run(snakemake, main)
