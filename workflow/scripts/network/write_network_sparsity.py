"""Table 2 for any network: the share of non-zeros after each layer."""

from pathlib import Path

from machinery import job
from machinery.files import read_csv
from paper.printing.tables import write_table


def write_network_sparsity(measured: Path, network: str, tables: list[Path]) -> None:
    table = read_csv(measured).rename(columns={"nonzeros": "non-zeros (%)"})
    write_table(table, tables, digits=2, title=f"Non-zeros after each layer of {network}")


if "snakemake" in globals():
    job.run(snakemake, write_network_sparsity)
