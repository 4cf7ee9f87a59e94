"""Table 3: coherence of learned and of Gaussian filters, in the same place and over all shifts."""

from pathlib import Path

import pandas as pd

from cnninvert import fidelity, job
from cnninvert.tables import write_table


def main(snakemake):
    paper = fidelity.paper_numbers(Path(snakemake.input.paper)).set_index("id")["value"]
    tables = []
    for path in snakemake.input.coherence:
        table = pd.read_csv(path).rename(columns={"title": "layer", "layer": "name"})
        for column in ("learned", "random"):
            ids = [f"table3.{name}.{column}" for name in table["name"]]
            table[f"paper {column}"] = [paper.get(number) for number in ids]
        table.insert(0, "weights", Path(path).stem.removeprefix("vgg16-"))
        tables.append(table.drop(columns="name"))
    table = pd.concat(tables).rename(
        columns={"random": "Gaussian", "random_spread": "spread", "random_seeds": "banks"}
    )
    write_table(table, snakemake.output, digits=3)


if "snakemake" in globals():
    job.run(snakemake, main)
