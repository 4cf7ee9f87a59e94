"""The audit of a network: a row a convolution, kind of filters and guarantee."""

from pathlib import Path

from machinery import job
from machinery.files import read_csv
from paper.network.audit import GUARANTEES
from paper.printing.tables import write_table


def write_audit(guarantees: Path, network: str, tables: list[Path]) -> None:
    table = read_csv(guarantees)
    about = [GUARANTEES[name] for name in table["guarantee"]]
    table.insert(0, "network", network)
    table["guarantee"] = [each.title for each in about]
    table.insert(4, "source", [each.source for each in about])
    table["needs"] = [
        f"{'at most' if each.most else 'at least'} {value:.4g}"
        for each, value in zip(about, table["needs"], strict=True)
    ]
    write_table(table, tables, title=f"What each guarantee needs, and what {network} has")


if "snakemake" in globals():
    job.run(snakemake, write_audit)
