"""Ours beside the printed numbers, reading by reading and table by table."""

import numpy as np
import pandas as pd

from paper.verdict import readings


def compare(
    ours: pd.DataFrame, paper: pd.DataFrame, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """``fidelity.csv``, its summary by reading, and by group.

    The first has id, paper, ours, spread, n, reading, closest, in the paper's order; an id that
    nothing of ours reaches has one row without a number. ``closest`` marks, in each group, the
    reading of least mean absolute deviation (MAD) among those that reach most of its numbers.

    The second has, for each reading, how many numbers it reaches, its MAD, and the MAD of the
    closest reading on the same numbers: a partial weight file can only be compared there. MADs are
    over the numbers that depend on a reading (``readings.is_informative``). ``p`` is that of
    ``readings.not_rejected``, and ``in_set`` whether it leaves the reading in the confidence set;
    nothing for readings that do not reach all that the closest does.

    The third has, for each group, the closest reading, the size of the set, ``chance``, p that the
    best reading is as close to the printed numbers in a random order, and ``without_a_row``, the
    share of the table's rows without which the same reading is closest.
    """
    table = paper.merge(ours, on="id", how="left").rename(columns={"value": "paper"})
    table["deviation"] = (table["ours"] - table["paper"]).abs()
    summaries, groups = [], []
    for group, rows in table.dropna(subset="ours").groupby("group"):
        informative = rows[rows["id"].map(readings.is_informative)]
        by = informative.groupby("reading", sort=False)["deviation"].agg(
            reaches="count", mad="mean"
        )
        complete = by[by["reaches"] == by["reaches"].max()]
        closest = complete["mad"].idxmin()
        best = informative[informative["reading"] == closest].set_index("id")["deviation"]
        compared = informative[informative["reading"].isin(complete.index)]
        # A reading that reaches as many numbers may reach others.
        wide = compared.pivot(index="reading", columns="id", values="ours")[best.index]
        wide = wide.reindex(complete.index).dropna()
        printed = informative.drop_duplicates("id").set_index("id")["paper"][best.index].to_numpy()
        deviations = (wide - printed).abs().to_numpy()
        random = np.random.default_rng([seed, len(summaries)])
        p = readings.not_rejected(wide.to_numpy(), printed, random)
        p = pd.Series(p, wide.index)
        names = best.index.str.split(".").str[1].to_numpy()
        groups.append(
            {
                "group": group,
                "closest": closest,
                "mad": by.loc[closest, "mad"],
                "numbers": len(best),
                "readings": len(wide),
                "in_set": int((p > readings.LEVEL).sum()),
                "chance": readings.chance_of_closeness(wide.to_numpy(), printed, random),
                "without_a_row": readings.chosen_without(deviations, names),
            }
        )
        for reading, part in informative.groupby("reading", sort=False):
            summaries.append(
                {
                    "group": group,
                    "reading": reading,
                    "reaches": by.loc[reading, "reaches"],
                    "of": int(
                        ((paper["group"] == group) & paper["id"].map(readings.is_informative)).sum()
                    ),
                    "mad": by.loc[reading, "mad"],
                    "mad_of_closest": best.reindex(part["id"]).mean(),
                    "closest": reading == closest,
                    "p": p.get(reading),
                    "in_set": bool(p[reading] > readings.LEVEL) if reading in p else None,
                }
            )
    summary = pd.DataFrame(summaries).sort_values(["group", "mad"], ignore_index=True)
    marked = {(row.group, row.reading) for row in summary[summary["closest"]].itertuples()}
    table["closest"] = [key in marked for key in zip(table["group"], table["reading"], strict=True)]
    table["reading"] = table["reading"].fillna("left out: the weights do not reach it")
    columns = ["id", "paper", "ours", "spread", "n", "reading", "closest"]
    return table[columns], summary, pd.DataFrame(groups)
