"""Accuracy and invertibility of Table 1's networks: a row a depth and kind of filters."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_tables
from paper.printing.tables import write_table
from paper.table1.inverted import KNOWN


def write_table1_inversion(errors: list[Path], tables: list[Path]) -> None:
    rows = read_tables(errors)
    key = ["filters", "layers", "size", "channels"]
    images = rows.groupby([*key, "known", "image"])["error"].mean().unstack("known")
    means = images.groupby(key).mean()
    deviations = images.groupby(key).std()
    table = pd.DataFrame({"accuracy (%)": 100 * rows.groupby(key)["test_accuracy"].mean()})
    for known, words in KNOWN.items():
        table[words], table[f"{words}, spread"] = means[known], deviations[known]
    table = table.sort_index(ascending=[False, True, True, True]).reset_index()
    title = (
        f"Relative errors over {rows['image'].nunique()} test images, and their deviation: of the "
        "last convolution's input (one IHT step), of pixels found from the last layer's output"
    )
    write_table(table, tables, title=title)


if "snakemake" in globals():
    job.run(snakemake, write_table1_inversion)
