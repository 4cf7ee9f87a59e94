"""Figure 3: model-RIP of VGG-16's filters on random codes and on recovered ones."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cnninvert import job
from cnninvert.layers import previous_layer
from cnninvert.plotting import COLOURS, LABELS, save


def main(snakemake):
    layer = snakemake.params.layer
    panels: list[dict[str, pd.Series]] = [{}, {}, {}]
    for path in snakemake.input.ratios:
        table = pd.read_csv(path)
        filters = next(name for name in LABELS if f"-{name}" in Path(path).stem)
        if "sparsity_of" in table:
            shown = (table["padding"] == "same") & (table["sparsity_of"] == layer)
            shown &= table["size"] == table["size"].min()
            panels[0][filters] = table.loc[shown, "ratio"]
        else:
            panels[1 if path.endswith("-linear.csv") else 2][filters] = table["ratio"]
    before = paper_name(previous_layer(layer))
    titles = ("(a) random codes", f"(b) {before} before ReLU", f"(c) {before} after ReLU")
    figure, axes = plt.subplots(1, 3, figsize=(7.5, 2.9))
    for axis, title, ratios in zip(axes, titles, panels, strict=True):
        draw(axis, ratios)
        axis.set(title=title, xlabel=r"$\|W^T z\| / \|z\|$")
    axes[0].set_ylabel("share of codes")
    figure.suptitle(
        f"filters of {paper_name(layer)}, unit norm, same padding; codes of (b), (c) by Algorithm "
        f"2 with λ = {snakemake.params.lambda_fraction:g} λ$_{{max}}$",
        fontsize=8,
    )
    save(figure, snakemake.output)


def draw(axis, ratios: dict[str, pd.Series]) -> None:
    """Histograms over the same bins; means, deviations and sample sizes in the legend."""
    values = np.concatenate([series.to_numpy() for series in ratios.values()] + [[1.0]])
    bins = np.linspace(values.min(), values.max(), 41)
    for filters, series in sorted(ratios.items(), reverse=True):
        label = f"{LABELS[filters].split()[0]}\n{series.mean():.3f} ± {series.std():.3f}"
        shares = np.full(len(series), 1 / len(series))
        colour = COLOURS[filters]
        axis.hist(series, bins=bins, weights=shares, color=colour, alpha=0.75, label=label)
    axis.axvline(1, ymax=0.66, color=COLOURS["paper"], lw=0.8, ls=":")
    axis.margins(x=0.04)
    axis.set_ylim(0, 1.5 * axis.get_ylim()[1])
    title = f"mean ± std, n = {len(series)}"
    tight = {"handlelength": 0.8, "handletextpad": 0.4, "columnspacing": 1.0}
    axis.legend(loc="upper center", ncols=2, fontsize=7, title=title, title_fontsize=7, **tight)


def paper_name(layer: str) -> str:
    """conv5_2 -> conv(5,2)."""
    return f"conv({layer.removeprefix('conv').replace('_', ',')})"


if "snakemake" in globals():
    job.run(snakemake, main)
