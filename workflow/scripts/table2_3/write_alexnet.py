"""AlexNet's share of non-zeros and coherence: what the paper's appendix C.2 is about."""

from pathlib import Path

import pandas as pd

from machinery import job
from paper.printing.tables import write_table


def write_alexnet(sparsity: Path, coherence: Path, tables: list[Path]) -> None:
    banks = pd.read_csv(coherence)
    banks = banks[banks["maximum"] == "absolute"].pivot(
        index="layer", columns="place", values=["learned", "random"]
    )
    banks.columns = [
        f"coherence, {'Gaussian' if filters == 'random' else filters}, {place}"
        for filters, place in banks.columns
    ]
    table = pd.read_csv(sparsity).merge(banks, left_on="layer", right_index=True, how="left")
    names = {"title": "layer", "nonzeros": "non-zeros (%)"}
    write_table(table.drop(columns="layer").rename(columns=names), tables, digits=3)


if "snakemake" in globals():
    job.run(snakemake, write_alexnet)
