"""Photographs, and what is found from their activations: rows of photographs, or of layers."""

from pathlib import Path

import pandas as pd

from machinery import job
from paper.inversion import pictures_file
from paper.inversion.methods import METHODS
from paper.table4 import picture_rows
from paper.table4.eight_bit import eight_bit
from paper.table4.picture_rows import Row, magnified

TITLES = {
    "both": "values and\nswitches",
    "values": "values\nalone",
    "refined": "values, from a\ndecoded picture",
    "switches": "switches\nalone",
    "noise": "noise, and the\nswitches",
    "decoder_known": "decoder, values\nand switches",
    "decoder_fixed": "decoder, values\nalone",
}


def plot_inverted(
    pictures: list[Path],
    errors: list[Path],
    network: str,
    rows: int,
    seed: int,
    figures: list[Path],
) -> None:
    """Rows are photographs of one layer, ``rows`` of them, or the layers of one photograph."""
    of_layers: dict[str, list[Row]] = {}
    methods = set()
    for path, about in zip(pictures, errors, strict=True):
        layer, _, method = path.stem.rpartition("-")
        names, photographs, found = pictures_file.read(path)
        table = pd.read_csv(about).set_index("image")["relative_error"]
        if layer not in of_layers:
            of_layers[layer] = [Row({"photograph": magnified(each)}, {}) for each in photographs]
        for name, row, picture in zip(names, of_layers[layer], found, strict=True):
            row.pictures[method] = magnified(eight_bit(picture))
            row.errors[method] = table[name]
        methods.add(method)
    chosen = picture_rows.choose(names, None, rows, seed)
    if len(of_layers) == 1:
        shown = [next(iter(of_layers.values()))[number] for number in chosen]
        where = f"{next(iter(of_layers))} of {network}"
    else:
        shown = [
            Row(found[chosen[0]].pictures, found[chosen[0]].errors, label=layer)
            for layer, found in of_layers.items()
        ]
        where = network
    titles = {"photograph": "original\nphotograph"}
    titles |= {method: TITLES[method] for method in METHODS if method in methods}
    foot = f"Found from {where}. Below each picture the relative error of its pixels in [0, 1]."
    picture_rows.save(picture_rows.draw(shown, titles, {}, foot), figures)


if "snakemake" in globals():
    job.run(snakemake, plot_inverted)
