"""delta of the worst codes against what Theorem 3.1 says it depends on."""

from pathlib import Path

import numpy as np
import pandas as pd

from machinery import job
from paper.printing.plotting import COLOURS, save, subplots
from paper.theorem31 import complexity, constant

MARKERS = {2: "o", 4: "s", 8: "^", 16: "v"}


def plot_theorem31(distortions: Path, figures: list[Path]) -> None:
    rows = pd.read_csv(distortions)
    ratio = np.sqrt(complexity(rows["k"], rows["K"], rows["n"]) / rows["Ml"])
    figure, axis = subplots(1, 1, figsize=(4.2, 3.2))
    for k, group in rows.groupby("k"):
        style = {"ls": "", "ms": 3, "alpha": 0.7, "marker": MARKERS.get(k, "x")}
        axis.plot(ratio[group.index], group["delta"], label=f"k = {k}", **style)
    ends = np.array([ratio.min(), ratio.max()])
    c = constant(rows)
    axis.plot(ends, np.sqrt(c) * ends, color=COLOURS["paper"], lw=1, label=f"C = {c:.2f}")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel=r"$\sqrt{(k \log K n + \log 1/\varepsilon) \,/\, M \ell}$",
        ylabel=r"$\delta_k$ of the worst code found",
    )
    axis.axhline(1, color=COLOURS["paper"], lw=0.6, ls=":")
    axis.legend(fontsize=7)
    save(figure, figures)


if "snakemake" in globals():
    job.run(snakemake, plot_theorem31)
