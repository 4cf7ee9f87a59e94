"""Table 1's search: accuracy by channels and filter size, with the tests of the chosen ones."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.ticker import NullLocator

from machinery import job
from machinery.files import read_tables
from paper.printing.plotting import COLOURS, save
from paper.table1.panels import figure_panels
from paper.verdict import fidelity

SHAPES = "osD^vp"  # of the markers, a filter size each
NEUTRAL = "#555555"
PAPER = {"color": COLOURS["paper"], "lw": 0.8, "ls": "--"}
TESTED = {"marker": "*", "ms": 9, "mew": 0.5, "mec": "white", "zorder": 5}


def plot_table1_channels(
    searches: list[Path], classifiers: list[Path], paper: Path, figures: list[Path]
) -> None:
    tried, tested = read_tables(searches), read_tables(classifiers)
    printed = fidelity.paper_numbers(paper).set_index("id")["value"]
    depths, sizes = sorted(tried["layers"].unique()), sorted(tried["size"].unique())
    figure, panels = figure_panels(depths, "channels")
    for (filters, layers), axis in panels.items():
        here = {"filters": filters, "layers": layers}
        draw_paper(axis, printed.get(f"table1.{filters}_filters.{layers}_layers"))
        draw_search(axis, select(tried, here), sizes, COLOURS[filters])
        draw_test(axis, select(tested, here), sizes, COLOURS[filters])
    label_channels(axis, sorted(tried["channels"].unique()))
    legend(figure, sizes)
    save(figure, figures)


def select(table: pd.DataFrame, values: dict[str, object]) -> pd.DataFrame:
    return table[(table[list(values)] == list(values.values())).all(axis=1)]


def beside(channels, size: int, sizes: list[int]):
    """Where a filter size stands: beside the others of as many channels."""
    return channels * 2 ** (0.4 * ((sizes.index(size) + 0.5) / len(sizes) - 0.5))


def shade(colour: str, size: int, sizes: list[int]) -> tuple[float, ...]:
    """The smaller the filters, the lighter."""
    white = 0.55 * (1 - (sizes.index(size) + 1) / len(sizes))
    return tuple((1 - white) * np.array(to_rgb(colour)) + white)


def draw_search(axis, searches: pd.DataFrame, sizes: list[int], colour: str) -> None:
    """Validation accuracies, with their spread over folds; lines join those that ended alike."""
    for size, group in searches.groupby("size"):
        group = group.sort_values("channels")
        x, tint = beside(group["channels"], size, sizes), shade(colour, size, sizes)
        y, early = 100 * group["validation_accuracy"], group["stopped_early"]
        axis.plot(x, y, color=tint, lw=0.9, ls=":")
        axis.plot(x, y.mask(early), color=tint, lw=1.3)
        axis.errorbar(x, y, 100 * group["spread"], color=tint, fmt="none", elinewidth=0.8)
        style = {"color": tint, "marker": SHAPES[sizes.index(size)], "ms": 4.5, "ls": ""}
        axis.plot(x[~early], y[~early], **style)
        axis.plot(x[early], y[early], mfc="white", **style)


def draw_test(axis, tested: pd.DataFrame, sizes: list[int], colour: str) -> None:
    """The test accuracy of the chosen configuration, and its spread."""
    accuracy, spread, _ = fidelity.mean_accuracy(tested)
    x = beside(tested["channels"].iloc[0], tested["size"].iloc[0], sizes)
    axis.errorbar(x, accuracy, spread, color=colour, fmt="none", elinewidth=1.2)
    axis.plot(x, accuracy, color=colour, **TESTED)


def draw_paper(axis, accuracy: float | None) -> None:
    """The number that the paper prints for this panel, if it prints one."""
    if accuracy is not None:
        axis.axhline(accuracy, **PAPER)
        axis.annotate(
            *(f"{accuracy:g}", (0.01, accuracy)),
            xycoords=axis.get_yaxis_transform(),
            xytext=(0, 2),
            textcoords="offset points",
            fontsize=7,
        )


def label_channels(axis, channels: list[int]) -> None:
    axis.set_xscale("log", base=2)
    axis.set_xticks(channels, [str(count) for count in channels])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlim(channels[0] / 1.5, channels[-1] * 1.5)


def legend(figure, sizes: list[int]) -> None:
    handles = [
        plt.Line2D(
            *([], []),
            color=shade(NEUTRAL, size, sizes),
            marker=SHAPES[sizes.index(size)],
            ms=4.5,
            label=f"{size} x {size} filters, validation",
        )
        for size in sizes
    ]
    open_marker = {"color": NEUTRAL, "mfc": "white", "marker": "o", "ms": 4.5, "ls": ":"}
    handles += [
        plt.Line2D([], [], label="stopped early, validation", **open_marker),
        plt.Line2D([], [], label="chosen configuration, test", ls="", color=NEUTRAL, **TESTED),
        plt.Line2D([], [], label="test accuracy in the paper", **PAPER),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(3, len(handles) // 2))


if "snakemake" in globals():
    job.run(snakemake, plot_table1_channels)
