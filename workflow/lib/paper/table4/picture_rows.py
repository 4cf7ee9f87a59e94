"""Rows of pictures as in Figure 4: a photograph, and what is decoded from its activations."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase

import numpy as np
from matplotlib.figure import Figure

from paper.data.photographs import shown
from paper.printing import plotting

SIDE = 224  # pixels of a picture, or about as many
# All lengths are in pixels of the pictures, so that each one covers DOTS x DOTS dots of a PNG.
INCH, DOTS = 168, 2
MARGIN, GAP, LABEL, FOOT = 10, 8, 26, 52
LINE = 22  # of a title
DPI = INCH * DOTS
GREY = "#555555"


@dataclass(frozen=True)
class Row:
    """``pictures``: (3, S, S) uint8 RGB by method; ``errors``: relative, where there is one.

    ``label`` stands at the row's left.
    """

    pictures: dict[str, np.ndarray]
    errors: dict[str, float]
    label: str = ""


def magnified(picture: np.ndarray) -> np.ndarray:
    """A small ``picture`` (3, S, S), each pixel as many as make it nearly as large as others."""
    times = max(1, round(SIDE / picture.shape[1]))
    return picture.repeat(times, axis=1).repeat(times, axis=2)


def columns(switches: str) -> dict[str, str]:
    """Methods and titles of Figure 4's columns; the IHT step has the decoder's ``switches``."""
    return {
        "photograph": "original\nphotograph",
        "original": "original\nactivation",
        f"learned_{switches}": "one IHT step,\nlearned filters",
        f"gaussian_{switches}": "one IHT step,\nGaussian filters",
        "noise": "Gaussian\nactivation",
    }


def choose(names: list[str], pattern: str | None, rows: int, seed: int) -> list[int]:
    """Numbers of so many photographs whose names match ``pattern``: by the seed, for all layers."""
    order = np.random.default_rng([seed, 4]).permutation(len(names))
    matching = set(shown(names, pattern))
    return [number for number in order if number in matching][:rows]


def draw(rows: list[Row], titles: Mapping[str, str], notes: Mapping[str, str], foot: str) -> Figure:
    """``rows`` under each other, a column for each method of ``titles``; pictures of one size.

    A row that lacks a method has an empty place there.

    ``notes`` stand below the titles, ``foot`` below everything.
    """
    side = max(picture.shape[1] for picture in rows[0].pictures.values())
    lines = max(title.count("\n") for title in titles.values()) + 1 + bool(notes)
    head = MARGIN + lines * LINE
    edge = MARGIN + LABEL * any(row.label for row in rows)
    width = edge + len(titles) * (side + GAP) - GAP + MARGIN
    height = head + len(rows) * (side + LABEL) + FOOT
    figure = plotting.new_figure(figsize=(width / INCH, height / INCH))
    figure.set_layout_engine("none")  # every place is given

    def text(x: float, y: float, words: str, size: float, colour: str = "black") -> None:
        # Line by line: matplotlib spaces lines by the letters that they have.
        for above, line in enumerate(reversed(words.split("\n"))):
            at = (x / width, 1 - (y - above * LINE) / height)
            figure.text(*at, line, size=size, color=colour, ha="center", va="baseline")

    for column, (method, title) in enumerate(titles.items()):
        left = edge + column * (side + GAP)
        middle = left + side / 2
        low = head - 8 - LINE * bool(notes)
        text(middle, low, f"({ascii_lowercase[column % 26]}) {title}", 8)
        text(middle, head - 8, notes.get(method, ""), 7, GREY)
        for number, row in enumerate(rows):
            if method not in row.pictures:
                continue  # of another layer, which has no decoder, say
            top = head + number * (side + LABEL)
            place = (left / width, 1 - (top + side) / height, side / width, side / height)
            axis = figure.add_axes(place)
            axis.imshow(row.pictures[method].transpose(1, 2, 0), interpolation="none")
            axis.set_axis_off()
            if column == 0 and row.label:
                at = ((MARGIN + LABEL / 2) / width, 1 - (top + side / 2) / height)
                figure.text(*at, row.label, size=8, rotation=90, ha="center", va="center")
            if method in row.errors:
                text(middle, top + side + 17, f"{row.errors[method]:.3f}", 7)
    text(width / 2, height - MARGIN, foot, 7, GREY)
    return figure


def save(figure: Figure, outputs: list[Path]) -> None:
    """Write what ``draw`` drew, so that a PNG shows each pixel as it is."""
    plotting.save(figure, outputs, dpi=DPI)
