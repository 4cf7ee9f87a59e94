"""How all figures look, and how they are written."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from machinery.files import atomic_write

COLOURS = {
    "learned": "#2a5c8a",
    "gaussian": "#d1751f",
    "random": "#d1751f",
    "noise": "#7a7a7a",
    "paper": "#111111",
    "theory": "#3d8a5c",
    # Steps of IHT: apart from the filters' colours, and told apart by the colour-blind.
    "unit": "#111111",
    "normalised": "#3fa7d6",
    "pursuit": "#b8578f",
}
LABELS = {"learned": "learned filters", "gaussian": "Gaussian filters"}
STEPS = {
    "unit": "unit step, as printed",
    "normalised": "normalised step",
    "pursuit": "hard thresholding pursuit",
}
MARKERS = {"unit": "o", "normalised": "s", "pursuit": "^"}

STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 200,
    "pdf.fonttype": 42,
    # The same figure is the same file, whenever it was made.
    "svg.hashsalt": "cnninvert",
}


def new_figure(**settings: Any) -> Figure:
    """An empty figure in our style, which is matplotlib's from then on."""
    plt.switch_backend("Agg")
    plt.rcParams.update(STYLE)
    return plt.figure(**settings)


def subplots(rows: int, columns: int, figsize: tuple[float, float], **settings: Any):
    """A figure in our style and its axes, as plt.subplots."""
    figure = new_figure(figsize=figsize)
    return figure, figure.subplots(rows, columns, **settings)


def save(figure: Figure, outputs: list[Path], dpi: int | None = None) -> None:
    """Write ``figure`` to each of ``outputs``, in the format of its suffix.

    ``dpi``: of a PNG, if it is not that of all figures.
    """
    for output in outputs:
        with atomic_write(output) as part:
            metadata = {"CreationDate": None} if output.suffix == ".pdf" else None
            figure.savefig(part, metadata=metadata, dpi=dpi)
    plt.close(figure)
