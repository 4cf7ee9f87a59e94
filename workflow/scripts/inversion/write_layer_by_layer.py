"""Equations, non-zeros and errors of each convolution's input, recovered layer by layer."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_csv
from paper.printing.tables import write_table


def write_layer_by_layer(
    errors: Path, network: str, last: str, side: int, tables: list[Path]
) -> None:
    rows = read_csv(errors)
    means = rows.groupby(["layer", "how"], sort=False).mean(numeric_only=True)
    table = []
    for layer in rows["layer"].unique():
        alone, chain = means.loc[layer, "alone"], means.loc[layer, "chain"]
        table.append(
            {
                "undone": layer,
                "input": rows[rows["layer"] == layer]["input"].iloc[0],
                "unknowns": int(alone["unknowns"]),
                "non-zeros": round(alone["nonzeros"]),
                "equations": round(alone["equations"]),
                "equations a non-zero": alone["equations"] / alone["nonzeros"],
                "error, alone": alone["error"],
                "error, from the last": chain["error"],
            }
        )
    title = f"{network} layer by layer from {last}, {side} x {side} pixels: relative errors"
    write_table(pd.DataFrame(table), tables, title=title)


if "snakemake" in globals():
    job.run(snakemake, write_layer_by_layer)
