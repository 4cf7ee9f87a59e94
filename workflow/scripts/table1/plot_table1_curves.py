"""Learning curves of Table 1: the chosen configurations' final runs, and the search for them."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.legend_handler import HandlerTuple
from matplotlib.ticker import NullLocator

from machinery import job
from machinery.files import read_tables
from paper.printing.plotting import COLOURS, save
from paper.table1.panels import figure_panels

ROWS = ("random", "learned")
CONFIGURATION = ["size", "channels"]
END = {"marker": "o", "markevery": [-1]}  # where a training stopped
OTHER = {"color": "#b5b5b5", "lw": 0.7, "ms": 2.5, "zorder": 1, **END}
CHOSEN = {"color": "#222222", "lw": 1.4, "ms": 3.5, "zorder": 3, **END}
FINAL = {"lw": 0.9, "ms": 2.5, "zorder": 2, **END}
TESTED = {"marker": "*", "ms": 9, "mew": 0.5, "mec": "white", "ls": "", "zorder": 5}


def plot_table1_curves(
    search_curves: list[Path], classifiers: list[Path], curves: list[Path], figures: list[Path]
) -> None:
    searches, tested, finals = map(read_tables, (search_curves, classifiers, curves))
    figure, panels = figure_panels(sorted(tested["layers"].unique()), "epoch")
    for (filters, layers), axis in panels.items():
        search, networks, runs = (
            table[(table["filters"] == filters) & (table["layers"] == layers)]
            for table in (searches, tested, finals)
        )
        draw_search(axis, search, tuple(networks[CONFIGURATION].iloc[0]))
        draw_finals(axis, runs, networks, COLOURS[filters])
    # Nothing is searched for where the settings give the configurations.
    label_epochs(axis, {int(table["epoch"].max()) for table in (searches, finals) if len(table)})
    legend(figure)
    save(figure, figures)


def draw_search(axis, curves: pd.DataFrame, chosen: tuple[int, int]) -> None:
    """Validation accuracies of all configurations, means over folds."""
    for configuration, curve in curves.groupby(CONFIGURATION):
        mean = 100 * curve.groupby("epoch")["validation"].mean()
        axis.plot(mean, **(CHOSEN if configuration == chosen else OTHER))


def draw_finals(axis, curves: pd.DataFrame, networks: pd.DataFrame, colour: str) -> None:
    """A line a seed, and a star for the mean of their tests."""
    for _, curve in curves.groupby("seed"):
        axis.plot(curve["epoch"], 100 * curve["train_accuracy"], color=colour, **FINAL)
    mean = 100 * networks["test_accuracy"].mean()
    axis.plot(curves["epoch"].max(), mean, color=colour, **TESTED)


def label_epochs(axis, lasts: set[int]) -> None:
    """Powers of two, and where search and final runs end."""
    last = max(lasts)
    powers = {2**power for power in range(last.bit_length())}
    # A power too close to an end would hide its label.
    ticks = lasts | {power for power in powers if all(not 0.7 < power / end < 1.4 for end in lasts)}
    axis.set_xscale("log", base=2)
    axis.set_xticks(sorted(ticks), [str(tick) for tick in sorted(ticks)])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlim(0.85, 1.2 * last)


def legend(figure) -> None:
    def both(style):
        return tuple(plt.Line2D([], [], color=COLOURS[filters], **style) for filters in ROWS)

    handles = {
        "search: validation, chosen configuration": plt.Line2D([], [], **CHOSEN),
        "search: validation, other configurations": plt.Line2D([], [], **OTHER),
        "final runs: training, a line a seed": both(FINAL),
        "final runs: test, mean over seeds": both(TESTED),
    }
    figure.legend(
        *(handles.values(), handles.keys()),
        handler_map={tuple: HandlerTuple(ndivide=None)},
        loc="outside upper center",
        ncols=2,
        handlelength=2.4,
    )


if "snakemake" in globals():
    job.run(snakemake, plot_table1_curves)
