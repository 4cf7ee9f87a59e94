"""Table 4's pictures under all metrics, with methods that the paper has not, and baselines."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_tables
from paper.printing.scores import printed
from paper.printing.tables import write_table
from paper.table4.methods import BASELINES, METHODS


def write_table4_pictures(metrics: list[Path], baselines: list[Path], tables: list[Path]) -> None:
    none = read_tables(baselines).assign(layer="", decoder="none")
    write_table(by_method(pd.concat([read_tables(metrics), none])), tables)


def by_method(scores: pd.DataFrame) -> pd.DataFrame:
    """A row a layer, decoder and method, in METHODS' order, from a row a photograph as well.

    Mean ± standard deviation over the n photographs of the metrics that ``scores`` has; the
    baselines, which have no layer, come last.
    """
    titles = METHODS | BASELINES
    rows = []
    for (layer, decoder), part in scores.groupby(["layer", "decoder"], sort=False):
        rows_of = dict(list(part.groupby("method")))
        for method in [name for name in titles if name in rows_of]:
            group = rows_of[method]
            row = {"layer": f"pool({layer[4:]})" if layer else "", "decoder": decoder}
            row |= {"method": titles[method], "n": len(group)}
            rows.append(row | printed(group, list(scores)))
    return pd.DataFrame(rows)


if "snakemake" in globals():
    job.run(snakemake, write_table4_pictures)
