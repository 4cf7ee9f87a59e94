"""Table 3: coherence of learned and of Gaussian filters, in the same place and over all shifts."""

from pathlib import Path

import pandas as pd

from cnninvert.networks.layers import ARCHITECTURES
from cnninvert.theory.coherence_law import coherence_quantile
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
        table["Gaussian, law"] = [
            law(row.name, row.maximum) if row.place == "same" else None
            for row in table.itertuples()
        ]
        table.insert(0, "weights", path.stem.removeprefix("vgg16-"))
        parts.append(table.drop(columns="name"))
    names = {"random": "Gaussian", "random_spread": "spread", "random_seeds": "banks"}
    write_table(pd.concat(parts).rename(columns=names), tables, digits=3)


def law(layer: str, maximum: str) -> float:
    """The median coherence of random filters in one place, by its exact law."""
    conv = next(each for each in ARCHITECTURES["vgg16"] if each.name == layer)
    dimension = conv.inputs * conv.size**2
    return coherence_quantile(0.5, conv.outputs, dimension, signed=maximum == "signed")


if "snakemake" in globals():
    job.run(snakemake, write_table3)
