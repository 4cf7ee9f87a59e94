"""A network's coherence, model-RIP or errors of one step: a row a layer, a column a filter bank."""

from pathlib import Path

from machinery import job
from machinery.files import read_csv
from paper.network.tables import STATISTICS, by_bank
from paper.printing.tables import write_table


def write_network_table(measured: Path, statistic: str, network: str, tables: list[Path]) -> None:
    found = STATISTICS[statistic]
    table = by_bank(read_csv(measured), found)
    write_table(table, tables, title=f"{found.title} of {network}")


if "snakemake" in globals():
    job.run(snakemake, write_network_table)
