"""A network's statistics by layer and filter bank."""

from dataclasses import dataclass

import pandas as pd

from paper.network.banks import RANDOM, explained

KINDS = {"learned": "learned", **RANDOM, "noise": "noise"}


@dataclass(frozen=True)
class Statistic:
    """``value``: its column in the file of the measurements. ``about``: columns that say of what
    layer it is; ``split``: a column whose values have rows of their own.
    """

    title: str
    value: str
    axis: str
    about: tuple[str, ...] = ()
    split: str | None = None


STATISTICS = {
    "coherence": Statistic(
        "Coherence of the filters",
        value="absolute",
        axis="largest inner product",
        about=("filters", "channels", "taps", "groups"),
    ),
    "model_rip": Statistic(
        "Model-RIP ratios ||W^T z|| / ||z||", value="ratio", axis="mean ratio", split="code"
    ),
    "one_step": Statistic(
        "Relative errors of one IHT step",
        value="error",
        axis="relative error",
        about=("input", "activation", "region", "pooled"),
    ),
}


def by_bank(rows: pd.DataFrame, statistic: Statistic) -> pd.DataFrame:
    """A row a layer, in the order of ``rows``; for each kind of filters its mean and spread.

    The value is averaged within each bank; of kinds that are drawn, the spread is over banks.
    ``explained``: the share of the difference between learned and Gaussian filters that filters
    with the learned covariance explain.
    """
    keys = ["layer", *([statistic.split] if statistic.split else [])]
    means = rows.groupby([*keys, "kind", "bank"], sort=False)[statistic.value].mean()
    kinds = means.groupby(level=[*keys, "kind"], sort=False).agg(["mean", "std"])
    first = rows.drop_duplicates(keys)[[*keys, *statistic.about]]
    found = []
    for _, row in first.iterrows():
        values = kinds.loc[tuple(row[keys])]
        line = row.to_dict()
        for kind, words in KINDS.items():
            if kind in values.index:
                line[words] = values.loc[kind, "mean"]
                if kind in RANDOM and pd.notna(values.loc[kind, "std"]):
                    line[f"{words}, spread"] = values.loc[kind, "std"]
        for kind in ("input", "both"):
            if kind in values.index:
                mean = values["mean"]
                line[f"explained, {kind}"] = explained(
                    mean["learned"], mean["gaussian"], mean[kind]
                )
        found.append(line)
    return pd.DataFrame(found)
