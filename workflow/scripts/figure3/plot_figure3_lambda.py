"""Figure 3 against lambda: the ratio, and what the codes leave of the activation."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.ticker import NullLocator

from cnninvert.networks.layers import TITLES, title
from machinery import job
from machinery.files import read_tables
from paper.printing.plotting import COLOURS, LABELS, save, subplots


def plot_figure3_lambda(ratios: list[Path], figures: list[Path]) -> None:
    codes = read_tables(ratios)
    layers = list(codes.groupby(["architecture", "layer"], sort=False))
    size = (1.2 + 2.1 * len(layers), 4.4)
    figure, axes = subplots(2, len(layers), figsize=size, sharex=True, sharey="row", squeeze=False)
    for ((architecture, layer), table), top, bottom in zip(layers, *axes, strict=True):
        top.set_title(f"{TITLES[architecture]} {title(architecture, layer)}")
        top.axhspan(0.95, 1.05, color="#eeeeee", lw=0, zorder=0)
        for filters, group in table.groupby("filters"):
            draw_ratio(top, group, COLOURS[filters])
            draw_fit(bottom, group, COLOURS[filters])
        bottom.set(xlabel=r"$\lambda / \lambda_{\max}$", ylim=(0, 1.02))
        bottom.set_xscale("log")
        lambdas = sorted(codes["lambda"].unique())
        bottom.set_xticks(lambdas, [f"{value:g}" for value in lambdas], rotation=45)
        bottom.xaxis.set_minor_locator(NullLocator())
    axes[0, 0].set_ylabel(r"$\|W^T z\| / \|z\|$")
    axes[1, 0].set_ylabel("share")
    legend(figure)
    save(figure, figures)


def draw_ratio(axis, codes: pd.DataFrame, colour: str) -> None:
    """Mean and range over the crops, and the random signs' mean with twice their spread."""
    groups = codes.groupby("lambda")
    ratio, signs = groups["ratio"], groups["signs_mean"].mean()
    spread = 2 * groups["predicted_spread"].mean()
    axis.plot(ratio.mean(), color=colour, marker="o", ms=3, lw=1.3)
    axis.fill_between(ratio.mean().index, ratio.min(), ratio.max(), color=colour, alpha=0.2, lw=0)
    axis.errorbar(signs.index, signs, spread, color=colour, ls=":", lw=1, capsize=2)


def draw_fit(axis, codes: pd.DataFrame, colour: str) -> None:
    means = codes.groupby("lambda")[["residual", "density"]].mean()
    axis.plot(means["residual"], color=colour, marker="o", ms=3, lw=1.3)
    axis.plot(means["density"], color=colour, marker="s", ms=3, lw=1.3, ls="--")


def legend(figure) -> None:
    grey = {"color": "#555555", "lw": 1.3, "ms": 3}
    handles = [plt.Line2D([], [], color=COLOURS[name], lw=4, label=LABELS[name]) for name in LABELS]
    handles += [
        plt.Line2D([], [], marker="o", label="top: ratio, with its range over crops", **grey),
        plt.Line2D([], [], ls=":", label="random signs ± 2 predicted spreads", **grey),
        plt.Line2D([], [], marker="o", label=r"bottom: $\|x - W^T z\| / \|x\|$", **grey),
        plt.Line2D([], [], marker="s", ls="--", label="density", **grey),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)


if "snakemake" in globals():
    job.run(snakemake, plot_figure3_lambda)
