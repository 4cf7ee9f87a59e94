"""Table 3: coherence of learned and of Gaussian filters, in the same place and over all shifts."""

from pathlib import Path

import pandas as pd

from machinery import job
from paper.printing.tables import write_table
from paper.verdict import fidelity


def write_table3(coherence: list[Path], paper: Path, tables: list[Path]) -> None:
    printed = fidelity.paper_numbers(paper).set_index("id")["value"]
    parts = []
    for path in coherence:
        table = pd.read_csv(path).rename(columns={"title": "layer", "layer": "name"})
        for column in ("learned", "random"):
            ids = [f"table3.{name}.{column}" for name in table["name"]]
            table[f"paper {column}"] = [printed.get(number) for number in ids]
        table.insert(0, "weights", path.stem.removeprefix("vgg16-"))
        parts.append(table.drop(columns="name"))
    names = {"random": "Gaussian", "random_spread": "spread", "random_seeds": "banks"}
    write_table(pd.concat(parts).rename(columns=names), tables, digits=3)


if "snakemake" in globals():
    job.run(snakemake, write_table3)
