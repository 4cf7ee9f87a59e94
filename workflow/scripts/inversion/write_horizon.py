"""The rank of what each layer says of a picture: a row a layer."""

from pathlib import Path

from machinery import job
from machinery.files import read_tables
from paper.inversion.horizon import by_layer, horizon
from paper.printing.tables import write_table


def write_horizon(ranks: list[Path], network: str, side: int, tables: list[Path]) -> None:
    table = by_layer(read_tables(ranks))
    title = f"Horizon of {network}, {side} x {side} pixels, photographs: {len(ranks)}"
    write_table(table, tables, title=f"{title}; {horizon(table)}")


if "snakemake" in globals():
    job.run(snakemake, write_horizon)
