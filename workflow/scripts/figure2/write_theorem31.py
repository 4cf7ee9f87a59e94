"""How delta scales, beside Theorem 3.1, and the theorem's constant."""

from pathlib import Path

import pandas as pd

from machinery import job
from paper.printing.tables import write_table
from paper.theorem31 import FAILURE, constant, exponents


def write_theorem31(distortions: Path, tables: list[Path]) -> None:
    rows = pd.read_csv(distortions)
    title = (
        f"delta of the worst codes as a power law ({(rows['delta'] < 1).sum()} of {len(rows)} "
        f"filter banks, those with delta < 1); C = {constant(rows):.2f} for a failure probability "
        f"of {FAILURE}"
    )
    write_table(exponents(rows), tables, digits=2, title=title)


if "snakemake" in globals():
    job.run(snakemake, write_theorem31)
