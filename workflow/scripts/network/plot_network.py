"""A network's statistic by layer: a line a kind of filters."""

from functools import partial
from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_csv
from paper.network.banks import RANDOM
from paper.network.tables import KINDS, STATISTICS, Statistic, by_bank
from paper.printing.plotting import COLOURS, save, subplots

STYLES = {
    "learned": {"color": COLOURS["learned"], "marker": "o"},
    "gaussian": {"color": COLOURS["gaussian"], "marker": "s"},
    "input": {"color": COLOURS["theory"], "marker": "^"},
    "both": {"color": COLOURS["normalised"], "marker": "v"},
    "noise": {"color": COLOURS["noise"], "marker": ""},
}
MOST_NAMED = 60  # layers; of more, every second or third has its name below
WIDTH = 0.17  # inches a layer


def plot_network(measured: Path, statistic: str, network: str, figures: list[Path]) -> None:
    rows = read_csv(measured)
    if statistic == "sparsity":
        panels, draw = {"": rows}, draw_shares
    else:
        found = STATISTICS[statistic]
        draw = partial(draw_kinds, statistic=found)
        table = by_bank(rows, found)
        panels = dict(list(table.groupby(found.split, sort=False))) if found.split else {"": table}
    layers = max(map(len, panels.values()))
    size = (min(14, max(4.5, 1.4 + WIDTH * layers)), 0.9 + 2.2 * len(panels))
    figure, axes = subplots(len(panels), 1, figsize=size, squeeze=False, sharex=True)
    for axis, (name, table) in zip(axes[:, 0], panels.items(), strict=True):
        draw(axis, table)
        axis.set_title(f"{name} codes" if name else "")
    step = -(-layers // MOST_NAMED)
    names = next(iter(panels.values()))["layer"].tolist()
    axes[-1, 0].set_xticks(range(0, layers, step), names[::step], rotation=90, fontsize=7)
    axes[-1, 0].set_xlim(-0.6, layers - 0.4)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside upper center", ncols=3, handlelength=1.6)
    axes[-1, 0].set_xlabel(network)
    save(figure, figures)


def draw_shares(axis, table: pd.DataFrame) -> None:
    places = range(len(table))
    axis.bar(places, table["nonzeros"], yerr=table["spread"], color=COLOURS["learned"], width=0.7)
    axis.set(ylabel="non-zeros (%)", ylim=(0, None))


def draw_kinds(axis, table: pd.DataFrame, statistic: Statistic) -> None:
    places = range(len(table))
    for kind, words in KINDS.items():
        if words not in table:
            continue
        axis.errorbar(
            places,
            table[words],
            yerr=table.get(f"{words}, spread") if kind in RANDOM else None,
            label=words,
            ms=3.5,
            lw=1,
            **STYLES[kind],
        )
    axis.set_ylabel(statistic.axis)


if "snakemake" in globals():
    job.run(snakemake, plot_network)
