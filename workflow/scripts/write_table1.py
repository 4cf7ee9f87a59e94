"""Table 1: accuracy of CNNs with random and with learned filters."""

from pathlib import Path

import pandas as pd

from cnninvert import fidelity, job
from cnninvert.tables import write_table


def main(snakemake):
    runs = pd.concat([pd.read_csv(path) for path in snakemake.input.classifiers])
    paper = fidelity.paper_numbers(Path(snakemake.input.paper)).set_index("id")["value"]
    measured = fidelity.table1(runs).set_index(["id", "reading"])
    rows = []
    for (filters, layers, batch_norm), group in runs.groupby(
        ["filters", "layers", "batch_norm"], sort=False
    ):
        number = f"table1.{filters}_filters.{layers}_layers"
        ours = measured.loc[(number, f"batch_norm={batch_norm}")]
        rows.append(
            {
                "filters": filters,
                "layers": layers,
                "batch norm": f"{batch_norm} ReLU",
                "filter size": group["size"].iloc[0],
                "channels": group["channels"].iloc[0],
                "training images": group["train_images"].iloc[0],
                "accuracy (%)": ours["ours"],
                "spread": ours["spread"],
                "seeds": int(ours["n"]),
                "paper (%)": paper.get(number),
            }
        )
    order = ["filters", "batch norm", "layers"]
    table = pd.DataFrame(rows).sort_values(order, ascending=[False, False, True])
    write_table(table, snakemake.output, digits=1)


if "snakemake" in globals():
    job.run(snakemake, main)
