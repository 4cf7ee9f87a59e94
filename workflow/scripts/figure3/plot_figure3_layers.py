"""Figure 3 for every layer: ratios of recovered codes and of random signs, and the prediction."""

from itertools import groupby
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from cnninvert.networks.layers import TITLES, title
from cnninvert.theory.random_signs import ratio_density
from machinery import job
from machinery.files import read_tables
from paper.printing.plotting import COLOURS, LABELS, new_figure, save

COLUMNS = 5
KEYS = ["architecture", "layer", "filters"]
OFFSETS = {"learned": -0.16, "gaussian": 0.16}  # in the overview, from a layer's place
BASES = {"learned": 1.15, "gaussian": 0.0}  # where a bank's histogram stands in a panel

TICKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def plot_figure3_layers(
    ratios: list[Path], signs: list[Path], lambda_fraction: float, figures: list[Path]
) -> None:
    recovered = read_tables(ratios)
    recovered = recovered[recovered["lambda"] == lambda_fraction]
    flipped = dict(list(read_tables(signs).groupby(KEYS)))
    figure, overview, panels = layout(recovered)
    for place, (names, axis) in enumerate(panels.items()):
        for filters in OFFSETS:
            codes = recovered[(recovered[KEYS] == [*names, filters]).all(axis=1)]
            draw_ratios(overview, place, codes, filters)
            draw_signs(axis, codes, flipped[*names, filters], filters)
        finish(axis, recovered[(recovered[KEYS[:2]] == [*names]).all(axis=1)]["predicted_spread"])
        axis.set_title(f"{TITLES[names[0]]} {title(*names)}", fontsize=8, pad=2)
    label(overview, list(panels))
    legend(figure, len(codes), lambda_fraction)
    save(figure, figures)


def layout(ratios: pd.DataFrame):
    """A figure, its overview, and an axis for each (architecture, layer); networks begin a row."""
    rows = []
    for _, table in ratios.groupby("architecture", sort=False):
        names = list(table[KEYS[:2]].drop_duplicates().itertuples(index=False, name=None))
        rows += [names[start : start + COLUMNS] for start in range(0, len(names), COLUMNS)]
    figure = new_figure(figsize=(7.5, 2.9 + 1.05 * len(rows)))
    grid = figure.add_gridspec(1 + len(rows), COLUMNS, height_ratios=[2.1, *[1] * len(rows)])
    overview = figure.add_subplot(grid[0, :])
    overview.axhspan(0.95, 1.05, color="#eeeeee", lw=0, zorder=0)
    overview.set(ylabel=r"$\|W^T z\| / \|z\|$")
    panels = {
        names: figure.add_subplot(grid[1 + row, column])
        for row, layers in enumerate(rows)
        for column, names in enumerate(layers)
    }
    for names in rows[-1]:
        panels[names].set_xlabel(r"$\|W^T z\| / \|z\|$", fontsize=8)
    return figure, overview, panels


def label(axis, layers: list[tuple[str, str]]) -> None:
    """Name the layers below the overview, and their networks above."""
    names = [title(*layer) for layer in layers]
    axis.set_xticks(range(len(layers)), names, rotation=40, ha="right", fontsize=7)
    axis.tick_params(axis="x", pad=0)
    axis.set_xlim(-0.6, len(layers) - 0.4)
    start = 0
    for architecture, group in groupby(layers, key=lambda layer: layer[0]):
        stop = start + len(list(group))
        if start:
            axis.axvline(start - 0.5, color="#bbbbbb", lw=0.8)
        axis.annotate(
            TITLES[architecture],
            ((start + stop - 1) / 2, 0.94),
            xycoords=axis.get_xaxis_transform(),
            ha="center",
            fontsize=8,
        )
        start = stop


def draw_ratios(axis, place: int, codes: pd.DataFrame, filters: str) -> None:
    """A dot a crop, their mean, and what random signs would give."""
    x, colour = place + OFFSETS[filters], COLOURS[filters]
    mean, spread = codes["predicted_mean"].mean(), 2 * codes["predicted_spread"].mean()
    axis.errorbar(x, mean, spread, color=COLOURS["paper"], lw=0.8, capsize=1.5, capthick=0.8)
    # Beside each other where they would hide each other.
    shift = 0.06 * ((np.arange(len(codes)) % 3) - 1)
    axis.scatter(x + shift, codes["ratio"], s=7, color=colour, alpha=0.45, lw=0, zorder=3)
    axis.plot([x - 0.13, x + 0.13], [codes["ratio"].mean()] * 2, color=colour, lw=1.6, zorder=4)


def draw_signs(axis, codes: pd.DataFrame, draws: pd.DataFrame, filters: str) -> None:
    """The histogram of the ratios with random signs, as tall as 1, and the predicted density."""
    base = BASES[filters]
    spread = codes["predicted_spread"].mean()
    counts, bins = np.histogram(draws["ratio"], np.linspace(1 - 4 * spread, 1 + 4 * spread, 26))
    axis.stairs(
        base + counts / counts.max(), bins, baseline=base, fill=True, color=COLOURS[filters]
    )
    at = np.linspace(bins[0], bins[-1], 300)
    density = np.mean([ratio_density(at, v) for v in codes["predicted_variance"]], axis=0)
    expected = density * (bins[1] - bins[0]) * len(draws)
    axis.plot(at, base + expected / counts.max(), color=COLOURS["paper"], lw=0.8)
    axis.axhline(base, color="#bbbbbb", lw=0.5, zorder=0)


def finish(axis, spreads: pd.Series) -> None:
    """Three ticks about 1, at a round distance within the widest spread that is shown."""
    step = max(tick for tick in TICKS if tick <= max(3 * spreads.max(), TICKS[0]))
    axis.set_xticks([1 - step, 1, 1 + step])
    axis.tick_params(labelsize=7)
    axis.spines["left"].set_visible(False)
    axis.set(yticks=[], ylim=(0, 2.35))


def legend(figure, crops: int, fraction: float) -> None:
    handles = [Patch(color=COLOURS[filters], label=LABELS[filters]) for filters in OFFSETS]
    dots = {"ls": "", "marker": "o", "ms": 3, "color": "#555555"}
    line = {"color": COLOURS["paper"], "lw": 0.8}
    recovered = f"top: Algorithm 2, λ = {fraction:g} λ$_{{\\mathrm{{max}}}}$, {crops} crops"
    handles += [
        plt.Line2D([], [], label=recovered, **dots),
        Patch(color="#eeeeee", label="within 0.05 of 1"),
        plt.Line2D([], [], label="predicted for random signs (top: ± 2 spreads)", **line),
        Patch(color="#aaaaaa", label="below: the same codes with random signs"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, handlelength=1.4)


if "snakemake" in globals():
    job.run(snakemake, plot_figure3_layers)
