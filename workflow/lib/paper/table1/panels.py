"""The panels of Table 1's figures: a row for each kind of filters, a column a depth."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper.printing.plotting import subplots

ROWS = ("random", "learned")


def figure_panels(depths: list[int], xlabel: str) -> tuple[Figure, dict[tuple[str, int], Axes]]:
    """A figure, and its axes by (filters, layers); all share their axes, and show accuracies."""
    size = (max(5.6, 2.7 + 1.6 * len(depths)), 5)
    figure, axes = subplots(2, len(depths), size, sharex=True, sharey=True, squeeze=False)
    panels = {}
    for filters, row in zip(ROWS, axes, strict=True):
        for layers, axis in zip(depths, row, strict=True):
            axis.set_title(f"{filters} filters, {layers} layer{'s' if layers > 1 else ''}")
            panels[filters, layers] = axis
        row[0].set_ylabel("accuracy (%)")
    for axis in axes[-1]:
        axis.set_xlabel(xlabel)
    return figure, panels
