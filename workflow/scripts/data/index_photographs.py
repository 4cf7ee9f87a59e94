"""Choose the photographs, split them into train and test, and decode each once."""

from pathlib import Path

from machinery import job
from machinery.files import sha256, write_csv
from paper.data import photographs


def index_photographs(
    folder: Path, index: Path, train: int, test: int, shown: str, seed: int
) -> None:
    """``shown``: the pattern of figure4.photographs; it must match a test photograph."""
    chosen = photographs.index(folder, train, test, seed)
    photographs.shown(chosen.loc[chosen["split"] == "test", "path"].tolist(), shown)
    # So that a photograph that is overwritten is another one for the rules that follow.
    chosen["sha256"] = [sha256(folder / name) for name in chosen["path"]]
    write_csv(index, chosen)


if "snakemake" in globals():
    job.run(snakemake, index_photographs)
