"""How far apart pictures are that a layer does not tell apart: a row a layer and what is known."""

from pathlib import Path

import pandas as pd

from machinery import job
from paper.inversion.methods import METHODS
from paper.inversion.tables import read_errors
from paper.printing.tables import write_table

TOLERANCE = 1e-6  # of the values, relative


def write_witnesses(errors: list[Path], network: str, side: int, tables: list[Path]) -> None:
    rows = []
    for (layer, method), group in read_errors(errors).groupby(["layer", "method"], sort=False):
        same = group[(group["value_error"] <= TOLERANCE) & (group["order_error"] <= TOLERANCE)]
        rows.append(
            {
                "layer": layer,
                "known": METHODS[method].title,
                "distance": same["distance"].mean(),
                "smallest": same["distance"].min(),
                "largest": same["distance"].max(),
                "switches that differ (%)": 100 * same["switch_error"].mean(),
                "largest error of the values": f"{group['value_error'].max():.0e}",
                "within 1e-6": len(same),
                "photographs": len(group),
            }
        )
    title = f"Witnesses of {network}, {side} x {side} pixels: pictures with the same activation, "
    title += "and their distance relative to the photograph's norm"
    write_table(pd.DataFrame(rows), tables, digits=4, title=title)


if "snakemake" in globals():
    job.run(snakemake, write_witnesses)
