"""The photographs that a network is shown, in an order in which any number can be taken."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import write_csv
from paper.data import photographs


def list_photographs(folder: Path, names: Path, images: int | None, seed: int) -> None:
    """``images``: how many; None for all that there are."""
    chosen = photographs.every(folder, seed, images)
    sums = photographs.checksums(folder, chosen)
    write_csv(names, pd.DataFrame({"path": chosen, "sha256": sums}))


if "snakemake" in globals():
    job.run(snakemake, list_photographs)
