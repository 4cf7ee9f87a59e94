"""Figure 2: model-RIP, its corollary and the reconstruction error of 1-d Gaussian filters."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cnninvert import job
from cnninvert.plotting import COLOURS, save

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


def main(snakemake):
    trials = pd.read_csv(snakemake.input.trials)
    bound = pd.read_csv(snakemake.input.bound).iloc[0]
    figure, axes = plt.subplots(1, 3, figsize=(7.5, 2.5))
    shades = (COLOURS["theory"], COLOURS["gaussian"])
    for axis, (title, label, columns) in zip(axes, PANELS, strict=True):
        values = trials[list(columns)].to_numpy()
        bins = np.linspace(values.min(), values.max(), 60)
        for (column, name), colour in zip(columns.items(), shades, strict=False):
            weights = np.full(len(trials), 1 / len(trials))
            axis.hist(
                trials[column], bins=bins, weights=weights, color=colour, alpha=0.75, label=name
            )
        axis.set(title=title, xlabel=label)
        axis.margins(x=0.05)
        if len(columns) > 1:
            top = axis.get_ylim()[1]
            axis.set_ylim(0, 1.35 * top)
            axis.legend(loc="upper center", handlelength=1.2)
        else:
            axis.axvline(1, color=COLOURS["paper"], lw=0.8, ls=":")
    axes[0].set_ylabel(f"share of {len(trials)} random codes")
    limit = f"{bound['bound']:.2f}" if np.isfinite(bound["bound"]) else "void (δ ≥ 1)"
    figure.suptitle(
        f"empirical δ$_k$ = {bound['delta_k']:.2f}, δ$_{{2k}}$ = {bound['delta_2k']:.2f}; "
        f"bound of Theorem 3.3 with these: {limit}",
        fontsize=8,
    )
    save(figure, snakemake.output)


if "snakemake" in globals():
    job.run(snakemake, main)
