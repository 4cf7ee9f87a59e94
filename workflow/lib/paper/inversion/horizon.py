"""The ranks of Jacobians as a table, and the layer up to which they are complete. Free of torch."""

import pandas as pd

FLOOR = 1e-3  # of singular values, relative to the largest, for what is said in words
COMPLETE = 0.99  # of the pixels


def by_layer(ranks: pd.DataFrame) -> pd.DataFrame:
    """A row a layer, means over photographs; ranks as a share of the number of pixels.

    Where they are estimates, each has its standard error, over random vectors, behind it. A column
    "read" is there if the network leaves pixels out.
    """
    rows = []
    floors = [name for name in ranks if name.startswith("rank, ")]
    for layer, group in ranks.groupby("layer", sort=False):
        first = group.iloc[0]
        means = group[["nonzeros", "order", "active"]].mean().round().astype(int)
        row = {
            "layer": layer,
            "pixel values": first["pixels"],
            "read": first["read"],
            "values": first["values"],
            "non-zeros": means["nonzeros"],
            "inequalities of switches": means["order"],
            "active": means["active"],
        }
        for known, words in (("values", ""), ("both", ", with active inequalities")):
            of_known = group[group["known"] == known]
            if of_known.empty:
                continue
            for name in floors if known == "values" else [f"rank, {FLOOR:g}"]:
                row[f"{name}{words}"] = (of_known[name] / of_known["pixels"]).mean()
                if (error := f"error of {name}") in ranks:
                    errors = of_known[error] / of_known["pixels"]
                    row[f"{error}{words}"] = errors.pow(2).sum(skipna=False) ** 0.5 / len(errors)
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.drop(columns="read") if (table["read"] == table["pixel values"]).all() else table


def horizon(table: pd.DataFrame) -> str:
    """A sentence: up to which layer the rank is complete."""
    read = (table["read"] / table["pixel values"]).iloc[0] if "read" in table else 1
    complete = table[f"rank, {FLOOR:g}"] >= COMPLETE * read
    whose = "the pixel values"
    if read < 1:
        whose += f" that a filter reads ({read:.1%} of all: another side may suit the strides)"
    words = f"rank of the Jacobian at least {COMPLETE:.0%} of {whose}, floor {FLOOR:g}"
    if not complete.any():
        return f"no layer has a {words}"
    last = table["layer"][complete[complete].index[-1]]
    return f"{words}: up to {last}"
