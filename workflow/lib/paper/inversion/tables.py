"""The errors of inverted pictures, of all layers and methods. Free of torch."""

from pathlib import Path

import pandas as pd

from paper.inversion.methods import METHODS


def read_errors(paths: list[Path]) -> pd.DataFrame:
    """A row a layer, method and photograph; the files are called LAYER-METHOD.csv."""
    tables = []
    for path in paths:
        layer, _, method = path.stem.rpartition("-")
        tables.append(pd.read_csv(path).assign(layer=layer, method=method))
    return pd.concat(tables)


def summary(errors: pd.DataFrame) -> pd.DataFrame:
    """A row a layer and method: means over photographs, and the spread of the picture's error.

    ``converged``: the share of photographs whose values and order are met within the tolerance.
    """
    rows = []
    for (layer, method), group in errors.groupby(["layer", "method"], sort=False):
        row = {
            "layer": layer,
            "known": METHODS[method].title,
            "relative error": group["relative_error"].mean(),
            "spread": group["relative_error"].std(),
            "largest": group["relative_error"].max(),
            "PSNR (dB)": group["psnr"].mean(),
            "error of the values": group["value_error"].mean(),
            "switches that differ (%)": 100 * group["switch_error"].mean(),
        }
        if "converged" in group:
            row["converged (%)"] = 100 * group["converged"].mean()
            row["restarts"] = group["restarts"].sum()
        rows.append({**row, "photographs": len(group)})
    return pd.DataFrame(rows)
