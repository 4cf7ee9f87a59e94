"""Do networks that classify worse invert better? A point a network of Table 1."""

from pathlib import Path

from matplotlib.ticker import LogLocator

from machinery import job
from machinery.files import read_tables
from paper.printing.plotting import COLOURS, LABELS, save, subplots
from paper.table1.inverted import KNOWN

SHAPES = "os^Dv"  # one, two layers, ...


def plot_table1_inversion(errors: list[Path], figures: list[Path]) -> None:
    rows = read_tables(errors)
    figure, axes = subplots(1, len(KNOWN), figsize=(7.5, 2.8), sharex=True)
    for axis, (known, words) in zip(axes, KNOWN.items(), strict=True):
        here = rows[rows["known"] == known]
        for (filters, layers), group in here.groupby(["filters", "layers"]):
            networks = group.groupby("seed")
            accuracy = 100 * networks["test_accuracy"].first()
            error, spread = networks["error"].mean(), networks["error"].sem()
            style = {"color": COLOURS[filters], "marker": SHAPES[layers - 1], "ls": "", "ms": 5}
            axis.errorbar(accuracy, error, spread, elinewidth=0.8, **style)
        axis.set(title=words, xlabel="test accuracy (%)", yscale="log")
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter("")
    axes[0].set_ylabel("relative error")
    handles = [
        axes[0].plot([], [], "s", color=COLOURS[filters], label=LABELS[label])[0]
        for filters, label in (("random", "gaussian"), ("learned", "learned"))
    ]
    handles += [
        axes[0].plot([], [], SHAPES[layers - 1], color="#777777", label=f"layers: {layers}")[0]
        for layers in sorted(rows["layers"].unique())
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    save(figure, figures)


if "snakemake" in globals():
    job.run(snakemake, plot_table1_inversion)
