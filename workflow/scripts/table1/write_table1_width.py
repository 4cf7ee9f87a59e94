"""Random filters against their number: accuracies, and the number that the paper's would take."""

from pathlib import Path

import numpy as np
import pandas as pd

from machinery import job
from machinery.files import read_tables
from paper.printing.tables import write_table
from paper.table1.width import Trend, accuracies, printed
from paper.verdict import fidelity


def write_table1_width(classifiers: list[Path], paper: Path, tables: list[Path]) -> None:
    numbers = fidelity.paper_numbers(paper)
    tested = read_tables(classifiers)
    rows = []
    for layers, group in accuracies(tested).groupby("layers"):
        trend = Trend.of(group["channels"].to_numpy(), 1 - group["accuracy"].to_numpy() / 100)
        target = printed(numbers, layers)
        known = trend is not None and target is not None
        reached = trend.channels(1 - target / 100) if known else np.nan
        rows.append(group.assign(**{"paper": target, "reached": reached}))
    table = (
        pd.concat(rows)
        .astype({"multiply_adds": "int64"})
        .rename(
            columns={
                "accuracy": "accuracy (%)",
                "multiply_adds": "multiply-adds of the training",
                "paper": "paper (%)",
                "reached": "filters for the paper's, by the trend",
            }
        )
    )
    images = tested["train_images"].iloc[0]
    title = (
        f"Random filters of {tested['size'].iloc[0]} pixels, {images:,} training images, "
        "classifier by ridge regression"
    )
    write_table(table, tables, digits=1, title=title)


if "snakemake" in globals():
    job.run(snakemake, write_table1_width)
