"""Photographs, and other pictures with the same activation."""

from pathlib import Path

import pandas as pd

from machinery import job
from paper.inversion import pictures_file
from paper.table4 import picture_rows
from paper.table4.eight_bit import eight_bit
from paper.table4.picture_rows import Row, magnified

TITLES = {"values": "same\nvalues", "both": "same values\nand switches"}
ROWS = 6  # at most


def plot_witnesses(
    pictures: list[Path], errors: list[Path], network: str, figures: list[Path]
) -> None:
    """A column a layer and what is known; rows are photographs."""
    rows: dict[str, Row] = {}
    titles = {"photograph": "original\nphotograph"}
    for path, about in zip(pictures, errors, strict=True):
        layer, _, method = path.stem.rpartition("-")
        (name,), (photograph,), (found,) = pictures_file.read(path)
        if name not in rows and len(rows) == ROWS:
            continue
        row = rows.setdefault(name, Row({"photograph": magnified(photograph)}, {}))
        titles[path.stem] = f"{layer}: {TITLES[method]}"
        row.pictures[path.stem] = magnified(eight_bit(found))
        row.errors[path.stem] = pd.read_csv(about)["distance"].item()
    foot = (
        f"Pictures that {network} gives the same activation as the photograph, up to 1e-6 of its "
        "norm.\nBelow each one its distance from the photograph, relative to the photograph's norm."
    )
    picture_rows.save(picture_rows.draw(list(rows.values()), titles, {}, foot), figures)


if "snakemake" in globals():
    job.run(snakemake, plot_witnesses)
