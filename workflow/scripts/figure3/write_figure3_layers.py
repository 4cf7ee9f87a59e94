"""Figure 3 for every layer, in numbers: a row a layer, filter bank and lambda."""

from pathlib import Path

import pandas as pd

from cnninvert.networks.layers import TITLES, title
from machinery import job
from paper.printing.tables import write_table


def write_figure3_layers(ratios: list[Path], tables: list[Path]) -> None:
    rows = []
    for path in ratios:
        for fraction, codes in pd.read_csv(path).groupby("lambda", sort=False):
            share = {"lambda / lambda_max": f"{fraction:g}"}
            rows.append(layer(codes.iloc[0]) | share | summary(codes))
    write_table(pd.DataFrame(rows), tables, digits=3)


def layer(row: pd.Series) -> dict[str, str]:
    """The row's network, layer and filters as printed."""
    architecture = row["architecture"]
    return {
        "network": TITLES[architecture],
        "layer": title(architecture, row["layer"]),
        "filters": "learned" if row["filters"] == "learned" else "Gaussian",
    }


def summary(codes: pd.DataFrame) -> dict[str, float]:
    """Means over the codes of one layer, bank and lambda; of the gaps the largest."""
    both = codes["converged"] & codes["free_converged"]
    return {
        "codes": len(codes),
        "ratio": codes["ratio"].mean(),
        "std": codes["ratio"].std(),
        "random signs": codes["signs_mean"].mean(),
        "their spread": codes["signs_spread"].mean(),
        "predicted": codes["predicted_mean"].mean(),
        "predicted spread": codes["predicted_spread"].mean(),
        "spread, even support": codes["even_spread"].mean(),
        "residual": codes["residual"].mean(),
        "density (%)": 100 * codes["density"].mean(),
        "positive (%)": 100 * codes["positive"].mean(),
        "gap": codes[["gap", "free_gap"]].max(axis=None),
        "iterations": round((codes["iterations"] + codes["free_iterations"]).mean()),
        "converged (%)": 100 * both.mean(),
    }


if "snakemake" in globals():
    job.run(snakemake, write_figure3_layers)
