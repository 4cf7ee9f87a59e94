"""Figure 2: model-RIP, its corollary and the reconstruction error of 1-d Gaussian filters."""

from pathlib import Path

import numpy as np
import pandas as pd

from machinery import job
from paper.printing.plotting import COLOURS, save, subplots

PANELS = (
    ("(a) model-RIP", r"$\|W^T z\| / \|z\|$", {"model_rip": None}),
    (
        "(b) corollary",
        r"$\|W W^T z\| / \|z\|$",
        {"corollary_support": "on the support of $z$", "corollary": "all places"},
    ),
    (
        "(c) reconstruction",
        r"$\|\hat x - x\| / \|x\|$",
        {"error_known": "known switches", "error_fixed": "fixed switches (naive)"},
    ),
)


def plot_figure2(trials: Path, bound: Path, figures: list[Path]) -> None:
    table, limits = pd.read_csv(trials), pd.read_csv(bound).iloc[0]
    figure, axes = subplots(1, 3, figsize=(7.5, 2.5))
    shades = (COLOURS["theory"], COLOURS["gaussian"])
    for axis, (title, label, columns) in zip(axes, PANELS, strict=True):
        values = table[list(columns)].to_numpy()
        bins = np.linspace(values.min(), values.max(), 60)
        shares = np.full(len(table), 1 / len(table))
        for (column, name), colour in zip(columns.items(), shades, strict=False):
            axis.hist(table[column], bins, weights=shares, color=colour, alpha=0.75, label=name)
        axis.set(title=title, xlabel=label)
        axis.margins(x=0.05)
        if len(columns) > 1:
            axis.set_ylim(0, 1.35 * axis.get_ylim()[1])
            axis.legend(loc="upper center", handlelength=1.2)
        else:
            axis.axvline(1, color=COLOURS["paper"], lw=0.8, ls=":")
    axes[0].set_ylabel(f"share of {len(table)} random codes")
    limit = f"{limits['bound']:.2f}" if np.isfinite(limits["bound"]) else "void (δ ≥ 1)"
    figure.suptitle(
        f"empirical δ$_k$ = {limits['delta_k']:.2f}, δ$_{{2k}}$ = {limits['delta_2k']:.2f}; "
        f"bound of Theorem 3.3 with these: {limit}",
        fontsize=8,
    )
    save(figure, figures)


if "snakemake" in globals():
    job.run(snakemake, plot_figure2)
