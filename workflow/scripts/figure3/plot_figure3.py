"""Figure 3: model-RIP of VGG-16's filters on random codes and on recovered ones."""

from pathlib import Path

import numpy as np
import pandas as pd

from cnninvert.networks.layers import previous_layer, title
from machinery import job
from paper.printing.plotting import COLOURS, LABELS, save, subplots

MOST_BINS = 60


def plot_figure3(
    ratios: list[Path], layer: str, lambda_fraction: float, figures: list[Path]
) -> None:
    panels: list[dict[str, pd.Series]] = [{}, {}, {}]
    for path in ratios:
        table = pd.read_csv(path)
        filters = next(name for name in LABELS if f"-{name}" in path.stem)
        if "sparsity_of" in table:
            shown = (table["padding"] == "same") & (table["sparsity_of"] == layer)
            shown &= table["size"] == table["size"].min()
            panels[0][filters] = table.loc[shown, "ratio"]
        else:
            panels[1 if path.stem.endswith("-linear") else 2][filters] = table["ratio"]
    before = title("vgg16", previous_layer(layer))
    titles = ("(a) random codes", f"(b) {before} before ReLU", f"(c) {before} after ReLU")
    figure, axes = subplots(1, 3, figsize=(7.5, 2.9))
    for axis, words, panel in zip(axes, titles, panels, strict=True):
        draw(axis, panel)
        axis.set(title=words, xlabel=r"$\|W^T z\| / \|z\|$")
    axes[0].set_ylabel("share of codes")
    figure.suptitle(
        f"filters of {title('vgg16', layer)}, unit norm, same padding; codes of (b), (c) by "
        f"Algorithm 2 with λ = {lambda_fraction:g} λ$_{{max}}$",
        fontsize=8,
    )
    save(figure, figures)


def draw(axis, ratios: dict[str, pd.Series]) -> None:
    """Histograms over the same bins; means, deviations and sample sizes in the legend."""
    bins = common_bins([series.to_numpy() for series in ratios.values()])
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


def common_bins(samples: list[np.ndarray]) -> np.ndarray:
    """Edges over all ``samples``, as far apart as the most concentrated one asks for."""
    width = min(np.diff(np.histogram_bin_edges(each, "auto"))[0] for each in samples)
    values = np.concatenate(samples)
    count = np.ceil((values.max() - values.min()) / width)
    return np.linspace(values.min(), values.max(), int(np.clip(count, 1, MOST_BINS)) + 1)


if "snakemake" in globals():
    job.run(snakemake, plot_figure3)
