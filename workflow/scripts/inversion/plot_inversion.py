"""Errors of inverted pictures against the layer: a line a method, a point a photograph."""

from pathlib import Path

import numpy as np

from machinery import job
from paper.inversion.methods import METHODS
from paper.inversion.tables import read_errors
from paper.printing.plotting import COLOURS, save, subplots

STYLES = {
    "both": {"color": COLOURS["learned"], "marker": "o"},
    "values": {"color": COLOURS["gaussian"], "marker": "s"},
    "refined": {"color": COLOURS["gaussian"], "marker": "s", "mfc": "white", "ls": "--"},
    "switches": {"color": COLOURS["theory"], "marker": "^"},
    "noise": {"color": COLOURS["noise"], "marker": "x"},
    "decoder_known": {"color": COLOURS["pursuit"], "marker": "v"},
    "decoder_fixed": {"color": COLOURS["normalised"], "marker": "D"},
}
SHIFT = 0.05  # between methods, in layers


def plot_inversion(errors: list[Path], network: str, figures: list[Path]) -> None:
    rows = read_errors(errors)
    layers = list(rows["layer"].unique())
    methods = [method for method in METHODS if method in set(rows["method"])]
    size = (max(4.5, 2.5 + 0.7 * len(layers)), 3.4)
    figure, axis = subplots(1, 1, figsize=size)
    for number, method in enumerate(methods):
        table = rows[rows["method"] == method]
        style = STYLES[method]
        shift = SHIFT * (number - (len(methods) - 1) / 2)
        at = table["layer"].map(layers.index) + shift
        axis.plot(at, table["relative_error"], ".", color=style["color"], ms=3, alpha=0.35)
        means = table.groupby("layer")["relative_error"].mean().reindex(layers)
        places = np.arange(len(layers)) + shift
        axis.plot(places, means, lw=1, ms=4.5, label=METHODS[method].title, **style)
    axis.set(yscale="log", ylabel="relative error of the pixels", xlabel=network)
    axis.set_xticks(range(len(layers)), layers, rotation=90 * (len(layers) > 6))
    figure.legend(loc="outside upper center", ncols=2, handlelength=1.6)
    save(figure, figures)


if "snakemake" in globals():
    job.run(snakemake, plot_inversion)
