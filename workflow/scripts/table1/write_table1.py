"""Table 1: accuracy of CNNs with random and with learned filters."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_tables
from paper.printing.tables import write_table
from paper.verdict import fidelity


def write_table1(
    classifiers: list[Path], paper: Path, epochs: dict[str, int], mirrored: bool, tables: list[Path]
) -> None:
    printed = fidelity.paper_numbers(paper).set_index("id")["value"]
    table = beside_the_paper(read_tables(classifiers), printed, epochs, mirrored)
    write_table(table, tables, digits=1)


def beside_the_paper(
    runs: pd.DataFrame, paper: pd.Series, epochs: dict[str, int], mirrored: bool
) -> pd.DataFrame:
    """A row for each kind of filters and depth.

    ``paper`` has the printed numbers by their ids, ``epochs`` those of trainings by names like
    random-2.
    ``mirrored``: whether the scores of an image and its mirror image were added, of which the paper
    says nothing.
    """
    measured = fidelity.table1(runs).set_index("id")
    rows = []
    for (filters, layers), group in runs.groupby(["filters", "layers"]):
        number = f"table1.{filters}_filters.{layers}_layers"
        ours = measured.loc[number]
        rows.append(
            {
                "filters": filters,
                "layers": layers,
                "filter size": group["size"].iloc[0],
                "channels": group["channels"].iloc[0],
                "training images": group["train_images"].iloc[0],
                "epochs": epochs[f"{filters}-{layers}"],
                "tested on": "image and mirror image" if mirrored else "image",
                "accuracy (%)": ours["ours"],
                "spread": ours["spread"],
                "seeds": ours["n"],
                "paper (%)": paper.get(number),
            }
        )
    return pd.DataFrame(rows).sort_values(["filters", "layers"], ascending=[False, True])


if "snakemake" in globals():
    job.run(snakemake, write_table1)
