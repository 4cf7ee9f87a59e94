"""How far pictures that are found from activations are from the photographs, layer by layer."""

from pathlib import Path

from machinery import job
from paper.inversion.tables import read_errors, summary
from paper.printing.tables import write_table


def write_inversion(errors: list[Path], network: str, side: int, tables: list[Path]) -> None:
    title = f"Inversion of {network}, {side} x {side} pixels in [0, 1]; spread over photographs"
    write_table(summary(read_errors(errors)), tables, digits=4, title=title)


if "snakemake" in globals():
    job.run(snakemake, write_inversion)
