"""The default photographs, one file a photograph."""

from pathlib import Path

from machinery import job
from machinery.files import atomic_folder, scratch_folder
from paper.data import default_photographs


def download_photographs(path: Path) -> None:
    packages = path.with_name("packages")
    with scratch_folder(packages) as scratch, atomic_folder(path) as folder:
        default_photographs.download(folder, scratch)


if "snakemake" in globals():
    job.run(snakemake, download_photographs)
