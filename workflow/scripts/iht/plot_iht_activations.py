"""More steps of IHT on real activations: what they leave of Table 4's error."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator, ScalarFormatter

from cnninvert.networks.layers import title
from machinery import job
from machinery.files import read_tables
from paper.printing.plotting import COLOURS, LABELS, MARKERS, STEPS, save, subplots

LINES = {"signed": "-", "absolute": "--"}
DIVERGES = {"color": COLOURS["unit"], "ls": "", "marker": "x", "ms": 7, "mew": 1.3}


def plot_iht_activations(errors: list[Path], figures: list[Path]) -> None:
    table = read_tables(errors)
    layers = sorted(table["layer"].unique())
    size = (1.9 * len(layers), 4.4)
    figure, axes = subplots(2, len(layers), figsize=size, sharex=True, sharey=True, squeeze=False)
    for filters, row in zip(LABELS, axes, strict=True):
        for layer, axis in zip(layers, row, strict=True):
            draw(axis, table[(table["layer"] == layer) & (table["filters"] == filters)])
        row[0].set_ylabel(f"{LABELS[filters]}\n" + r"$\|x - \hat x\| / \|x\|$")
    for layer, top, bottom in zip(layers, *axes, strict=True):
        top.set_title(title("vgg16", layer))
        bottom.set_xlabel("IHT step")
    for variant, name in STEPS.items():
        style = {"color": COLOURS[variant], "marker": MARKERS[variant], "ms": 3.5}
        axes[0, 0].plot([], [], label=name, lw=1.3, **style)
    axes[0, 0].plot([], [], label="diverges after this step", **DIVERGES)
    for maximum, line in LINES.items():
        axes[0, 0].plot([], [], label=f"{maximum} maximum", color="#555555", lw=1.2, ls=line)
    axes[0, 0].plot([], [], label="one step (Table 4)", color="#555555", lw=0.8, ls=":")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=4, handlelength=2.2)
    save(figure, figures)


def draw(axis, errors: pd.DataFrame) -> None:
    """Mean errors by step, until a sample diverges."""
    for (maximum, variant), runs in errors.groupby(["maximum", "variant"]):
        mean = runs.groupby("step")["error"].mean()
        there = mean[np.isfinite(mean)]
        shown = [step in (1, 2, 5, 10, 20, 30) for step in there.index]
        axis.plot(
            there,
            color=COLOURS[variant],
            ls=LINES[maximum],
            lw=1.3,
            marker=MARKERS[variant],
            markevery=shown,
            ms=3.5,
        )
        if len(there) < len(mean):
            axis.plot(there.tail(1), **DIVERGES)
    signed = errors[(errors["maximum"] == "signed") & (errors["variant"] == "unit")]
    axis.axhline(
        signed.loc[signed["step"] == 1, "error"].mean(), color="#555555", lw=0.8, ls=":", zorder=0
    )
    axis.set(xscale="log", ylim=(0, 1.7))
    axis.set_xticks([1, 2, 5, 10, 30])
    axis.xaxis.set_major_formatter(ScalarFormatter())
    axis.xaxis.set_minor_locator(NullLocator())


if "snakemake" in globals():
    job.run(snakemake, plot_iht_activations)
