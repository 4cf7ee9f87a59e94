"""A page of all test photographs, and of what is decoded from their activations."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from cnninvert.networks import layers
from machinery import job
from machinery.files import atomic_folder
from machinery.hdf5 import DECODED, NAMES, check_datasets, read_hdf5, read_photographs
from machinery.progress import progress
from paper.table4 import methods
from paper.table4.eight_bit import eight_bit

QUALITY = 90  # of the JPEG files


def write_gallery(
    template: Path, photographs: Path, pictures: list[Path], errors: list[Path], gallery: Path
) -> None:
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    with atomic_folder(gallery) as folder:
        (folder / "pictures").mkdir()
        with read_photographs(photographs, "test") as file:
            names = [name.decode() for name in file["test_path"]]
            originals = save_pictures(file["test"], "photograph", folder)
        decoders: dict[str, list[tuple[Path, Path]]] = {}
        for pair in zip(pictures, errors, strict=True):
            decoders.setdefault(pair[0].stem.rsplit("-", 1)[0], []).append(pair)
        parts = [
            part(name, files, names, originals, folder)
            for name, files in progress(decoders.items(), "decoders", len(decoders))
        ]
        page = environment.get_template(template.name).render(parts=parts)
        (folder / "index.html").write_text(page, encoding="utf-8")


def part(
    decoder: str,
    parts: list[tuple[Path, Path]],
    names: list[str],
    originals: list[str],
    folder: Path,
) -> dict:
    """What the page says of one decoder; its pictures are saved to ``folder``.

    ``parts``: files of pictures and of errors. A method may have pictures of the first photographs
    only.
    """
    layer, switches = decoder.split("-")
    how = "without a decoder" if switches == "none" else f"{switches} switches"
    table = pd.concat([methods.picture_errors(errors) for _, errors in parts])
    shown = table.set_index(["image", "method"])["error"]
    saved = {}
    for pictures, _ in parts:
        with read_hdf5(pictures, {"paths": NAMES}) as file:
            shown_here = sorted(set(file) & set(methods.METHODS))
            check_datasets(pictures, file, dict.fromkeys(shown_here, DECODED))
            for method in shown_here:
                saved[method] = save_pictures(file[method], f"{decoder}-{method}", folder)
    found = [method for method in methods.METHODS if method in saved]
    files = {method: saved[method] for method in found}
    columns = {"photograph": originals, **files}
    return {
        "name": decoder,
        "title": f"{layers.title('vgg16', layer)}, {how}",
        "methods": ["photograph", *(methods.METHODS[method] for method in found)],
        "rows": [
            {
                "photograph": name,
                "cells": [
                    {"file": files[number], "error": shown.get((name, method))}
                    if number < len(files)
                    else None
                    for method, files in columns.items()
                ],
            }
            for number, name in enumerate(names)
        ],
    }


def save_pictures(pictures: h5py.Dataset, name: str, folder: Path) -> list[str]:
    """Write RGB pictures (N, 3, 224, 224) as JPEG, of uint8 or on the scale [0, 1].

    Returns their paths from ``folder``.
    """
    paths = [f"pictures/{name}-{number:04}.jpg" for number in range(len(pictures))]
    for path, pixels in zip(paths, pictures, strict=True):
        shown = pixels if pixels.dtype == np.uint8 else eight_bit(pixels)
        picture = Image.fromarray(np.ascontiguousarray(shown.transpose(1, 2, 0)))
        picture.save(folder / path, quality=QUALITY, subsampling=0)
    return paths


if "snakemake" in globals():
    job.run(snakemake, write_gallery)
