"""The audit as a picture: by how much each guarantee fails, layer by layer."""

from pathlib import Path

import numpy as np

from machinery import job
from machinery.files import read_csv
from paper.network.audit import GUARANTEES
from paper.printing.plotting import save, subplots

MOST = 3  # powers of ten that the colours reach


def plot_audit(guarantees: Path, network: str, figures: list[Path]) -> None:
    """Red: it fails, and by which factor; blue: it holds, and with which margin."""
    table = read_csv(guarantees)
    layers = table["layer"].drop_duplicates().tolist()
    names = [name for name in GUARANTEES if name in set(table["guarantee"])]
    kinds = {"learned": "learned filters", "gaussian": "Gaussian filters"}
    figure, axes = subplots(
        len(kinds),
        1,
        figsize=(min(14, max(6.5, 3.9 + 0.36 * len(layers))), 0.9 + 0.42 * len(names)),
        sharex=True,
        squeeze=False,
    )
    for axis, (kind, title) in zip(axes[:, 0], kinds.items(), strict=True):
        factors = (
            table[table["filters"] == kind]
            .pivot(index="guarantee", columns="layer", values="factor")
            .reindex(index=names, columns=layers)
        )
        powers = np.log10(factors.to_numpy(dtype=float).clip(10.0**-MOST, 10.0**MOST))
        image = axis.imshow(powers, cmap="RdBu_r", vmin=-MOST, vmax=MOST, aspect="auto")
        axis.set_title(title)
        axis.set_yticks(range(len(names)), [GUARANTEES[name].title for name in names], fontsize=6)
        if len(layers) <= 20:
            for (row, column), factor in np.ndenumerate(factors.to_numpy(dtype=float)):
                colour = "white" if abs(powers[row, column]) > 0.55 * MOST else "black"
                place = {"ha": "center", "va": "center", "fontsize": 4.5}
                axis.text(column, row, _shown(factor), color=colour, **place)
    axes[-1, 0].set_xticks(range(len(layers)), layers, rotation=90, fontsize=7)
    axes[-1, 0].set_xlabel(network)
    bar = figure.colorbar(image, ax=axes[:, 0].tolist(), ticks=range(-MOST, MOST + 1), shrink=0.7)
    bar.set_ticklabels([f"{10.0**power:g}" for power in range(-MOST, MOST + 1)])
    bar.set_label("factor by which it fails; below 1 it holds")
    save(figure, figures)


def _shown(factor: float) -> str:
    if np.isnan(factor):
        return ""
    if np.isinf(factor):
        return "∞"
    if factor >= 1e4:
        return f"{factor:.0e}".replace("e+0", "e")
    return f"{factor:.0f}" if factor >= 10 else f"{factor:.2g}"


if "snakemake" in globals():
    job.run(snakemake, plot_audit)
