"""IHT on random codes: errors by step, density and expansion, and success rates."""

from pathlib import Path

import numpy as np
import pandas as pd

from machinery import job
from paper.printing.plotting import COLOURS, MARKERS, STEPS, save, subplots

SUCCESS = 0.01  # a code error below it
FLOOR = 1e-7  # about where float32 ends


def plot_iht_codes(ends: Path, curves: Path, settings: dict, figures: list[Path]) -> None:
    """``settings``: the section iht_codes."""
    density, expansion = settings["density"], settings["expansion"]
    found, by_step = pd.read_csv(ends), pd.read_csv(curves)
    found["percent"] = 100 * found["density"]
    columns = (
        ("step", by_step, f"{100 * density:g} % density, K/M = {expansion:g}"),
        ("percent", found[found["expansion"] == expansion], f"K/M = {expansion:g}"),
        ("expansion", found[found["density"] == density], f"{100 * density:g} % density"),
    )
    figure, axes = subplots(2, 3, figsize=(7.5, 4.8), sharex="col")
    letters = ("ad", "be", "cf")
    for (x, table, words), (top, bottom), (a, b) in zip(columns, axes.T, letters, strict=True):
        draw_errors(top, table, x, "code_error")
        if x == "step":
            draw_errors(bottom, table, x, "signal_error")
        else:
            draw_rates(bottom, table, x)
        top.set_title(f"({a}) {words}")
        bottom.set_title(f"({b}) " + ("" if x == "step" else "recovered, ") + words)
    axes[0, 0].set_ylabel(r"code error $\|z - \hat z\| / \|z\|$")
    axes[1, 0].set_ylabel(r"signal error $\|x - W^T \hat z\| / \|x\|$")
    axes[0, 1].set_ylabel("code error")
    axes[1, 1].set_ylabel("share of codes (%)")
    labels = ("IHT step", "non-zeros of the code (%)", "expansion K/M")
    for axis, words in zip(axes[1], labels, strict=True):
        axis.set_xlabel(words)
    handles = axes[1, 1].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=4, handlelength=1.6)
    save(figure, figures)


def draw_errors(axis, table: pd.DataFrame, x: str, column: str) -> None:
    """Medians with 10th to 90th percentiles, until a median diverges."""
    for variant in STEPS:
        errors = table[table["variant"] == variant].groupby(x)[column]
        low, median, high = (
            errors.quantile(q, interpolation="lower").clip(lower=FLOOR) for q in (0.1, 0.5, 0.9)
        )
        there = np.isfinite(median)
        marker = "" if x == "step" else MARKERS[variant]
        axis.plot(median[there], color=COLOURS[variant], marker=marker, ms=3.5, lw=1.3)
        axis.fill_between(
            *(median.index[there], low[there], high[there].clip(upper=100)),
            color=COLOURS[variant],
            alpha=0.2,
            lw=0,
        )
    if column == "code_error":
        axis.axhline(SUCCESS, color="#888888", lw=0.8, ls="--", zorder=0)
    axis.set(yscale="log", ylim=(FLOOR / 2, 12))


def draw_rates(axis, table: pd.DataFrame, x: str) -> None:
    """The shares of codes that are recovered, and that diverge with the printed step."""
    for variant, name in STEPS.items():
        group = table[table["variant"] == variant]
        rate = 100 * (group["code_error"] < SUCCESS).groupby(group[x]).mean()
        style = {"color": COLOURS[variant], "marker": MARKERS[variant], "ms": 3.5, "lw": 1.3}
        axis.plot(rate, label=name, **style)
    unit = table[table["variant"] == "unit"]
    diverged = 100 * unit["diverged"].groupby(unit[x]).mean()
    axis.plot(diverged, color=COLOURS["unit"], lw=1, ls=":", label="unit step: diverged")
    axis.set_ylim(-4, 104)


if "snakemake" in globals():
    job.run(snakemake, plot_iht_codes)
