"""Learning curves of Table 4's decoders: a column a layer, what is held out above the training."""

from pathlib import Path

import pandas as pd

from cnninvert.networks.layers import title
from machinery import job
from machinery.files import read_tables
from paper.printing.plotting import COLOURS, save, subplots

SWITCHES = {"known": COLOURS["learned"], "fixed": COLOURS["gaussian"]}
QUANTITIES = {
    "error": "held-out photographs,\n" + r"$\|\hat x - x\| / \|x\|$",
    "loss": "training loss,\nmean since the last point",
}


def plot_decoder_curves(curves: list[Path], figures: list[Path]) -> None:
    table = read_tables(curves)
    layers = list(dict.fromkeys(table["layer"]))
    size = (max(3.2, 0.7 + 1.75 * len(layers)), 4.2)
    figure, axes = subplots(
        len(QUANTITIES), len(layers), size, sharex="col", sharey="row", squeeze=False
    )
    for row, (quantity, label) in zip(axes, QUANTITIES.items(), strict=True):
        row[0].set_ylabel(label)
        for axis, layer in zip(row, layers, strict=True):
            draw(axis, table[table["layer"] == layer], quantity)
    # Of whole rows, which share their axes.
    axes[0, 0].set_ylim(bottom=0)
    axes[1, 0].set_yscale("log")
    for layer, top, bottom in zip(layers, *axes, strict=True):
        top.set_title(title("vgg16", layer))
        bottom.set_xlabel("step")
    save(figure, figures)


def draw(axis, curves: pd.DataFrame, quantity: str) -> None:
    """A line for each kind of switches, and in the free corner its name and lowest value."""
    for number, (switches, colour) in enumerate(SWITCHES.items()):
        curve = curves[curves["switches"] == switches].dropna(subset=quantity)
        if len(curve):
            axis.plot(curve["step"], curve[quantity], color=colour, marker="o", ms=2.5, lw=1.2)
            name = f"{switches} {curve[quantity].min():#.2g}"
            corner = {"transform": axis.transAxes, "ha": "right", "va": "top", "fontsize": 8}
            axis.text(1, 1 - 0.1 * number, name, color=colour, **corner)


if "snakemake" in globals():
    job.run(snakemake, plot_decoder_curves)
