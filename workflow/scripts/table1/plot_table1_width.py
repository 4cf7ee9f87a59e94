"""Random filters against their number, a colour a depth, with trends and the paper's numbers."""

from pathlib import Path

import numpy as np
from matplotlib.ticker import NullLocator

from machinery import job
from machinery.files import read_tables
from paper.printing.plotting import COLOURS, save, subplots
from paper.table1.width import Trend, accuracies, printed
from paper.verdict import fidelity

SHADES = {1: "#f0b27a", 2: COLOURS["random"], 3: "#7e3f0a"}
MARKERS = {1: "o", 2: "s", 3: "^"}


def plot_table1_width(classifiers: list[Path], paper: Path, figures: list[Path]) -> None:
    numbers = fidelity.paper_numbers(paper)
    rows = accuracies(read_tables(classifiers))
    figure, axis = subplots(1, 1, figsize=(5, 3.4))
    widest = rows["channels"].max()
    for layers, group in rows.groupby("layers"):
        colour = SHADES[layers]
        axis.errorbar(
            *(group["channels"], group["accuracy"], group["spread"].fillna(0)),
            color=colour,
            marker=MARKERS[layers],
            ms=5,
            ls="",
            label=f"{layers} layer{'s' if layers > 1 else ''}",
        )
        trend = Trend.of(group["channels"].to_numpy(), 1 - group["accuracy"].to_numpy() / 100)
        if trend is not None:
            channels = np.geomspace(group["channels"].min(), 2 * widest, 50)
            axis.plot(channels, 100 * (1 - trend.error(channels)), color=colour, lw=1, ls=":")
        target = printed(numbers, layers)
        if target is not None:
            axis.axhline(target, color=colour, lw=0.9, ls="--")
    axis.plot([], [], color=COLOURS["paper"], lw=1, ls=":", label="trend of the error, a power")
    axis.plot([], [], color=COLOURS["paper"], lw=0.9, ls="--", label="the paper's")
    axis.set_xscale("log", base=2)
    widths = sorted(rows["channels"].unique())
    axis.set_xticks(widths, [str(count) for count in widths])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set(xlabel="random filters a layer", ylabel="test accuracy (%)")
    figure.legend(loc="outside upper center", ncols=3)
    save(figure, figures)


if "snakemake" in globals():
    job.run(snakemake, plot_table1_width)
