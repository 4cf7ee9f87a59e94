"""Ranks of the layers' Jacobians against the number of pixels, and their spectra."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from machinery import job
from machinery.files import read_tables
from paper.inversion.horizon import by_layer
from paper.printing.plotting import COLOURS, save, subplots

SPECTRA = 6  # layers at most whose spectra are shown
WIDTH, LETTER = 0.2, 0.055  # inches of a layer, and of a letter of its name


def plot_horizon(ranks: list[Path], spectra: list[Path], network: str, figures: list[Path]) -> None:
    table = by_layer(read_tables(ranks))
    places = np.arange(len(table))
    width = min(8, max(2.5, WIDTH * len(table)))
    ratios = {"width_ratios": [width, 3.2]}
    longest = table["layer"].str.len().max()
    size = width + 4.6 + LETTER * longest, 3 + LETTER * longest
    figure, (left, right) = subplots(1, 2, size, gridspec_kw=ratios)
    floors = [name for name in table if name.startswith("rank, ") and "with" not in name]
    for name, style in zip(floors, ("-", "--", ":"), strict=True):
        floor = float(name.removeprefix("rank, "))
        label = f"rank, floor {floor:g}"
        left.plot(places, table[name], style, color=COLOURS["learned"], label=label)
    share = (table["non-zeros"] / table["pixel values"]).clip(upper=1)
    left.plot(places, share, color=COLOURS["noise"], lw=0.8, label="non-zeros, up to 1")
    left.set(ylabel="share of the pixel values", ylim=(0, 1.05), xlabel=network)
    left.set_xticks(places, table["layer"], rotation=90, fontsize=7)
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, columnspacing=1)
    draw_spectra(right, read_tables(spectra), table["layer"].tolist())
    save(figure, figures)


def draw_spectra(axis, points: pd.DataFrame, layers: list[str]) -> None:
    """Of the values' Jacobians of the first photograph, for layers from the first to the last."""
    points = points[(points["known"] == "values") & (points["image"] == points["image"].iloc[0])]
    chosen = np.unique(np.linspace(0, len(layers) - 1, SPECTRA).round().astype(int))
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(chosen)))
    for at, colour in zip(chosen, colours, strict=True):
        table = points[points["layer"] == layers[at]]
        axis.plot(table["index"], table["singular_value"], color=colour, label=layers[at])
    axis.set(yscale="log", ylim=(1e-6, 1.5), xlim=(0, 1))
    axis.set(xlabel="index / pixel values", ylabel="singular value / largest")
    axis.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), handlelength=1.6)


if "snakemake" in globals():
    job.run(snakemake, plot_horizon)
