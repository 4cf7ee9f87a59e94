"""Choose the photographs, split them into train and test, and decode each once."""

from pathlib import Path

from machinery import job
from machinery.files import write_csv
from paper.data import photographs


def index_photographs(
    folder: Path, index: Path, train: int, test: int, shown: str, seed: int
) -> None:
    """``shown``: the pattern of figure4.photographs; it must match a test photograph."""
    chosen = photographs.index(folder, train, test, seed)
    photographs.shown(chosen.loc[chosen["split"] == "test", "path"].tolist(), shown)
    chosen["sha256"] = photographs.checksums(folder, chosen["path"])
    write_csv(index, chosen)


if "snakemake" in globals():
    job.run(snakemake, index_photographs)
