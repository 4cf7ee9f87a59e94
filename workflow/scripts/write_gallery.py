"""A page of all test photographs, and of what is decoded from their activations."""

from pathlib import Path

import h5py
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from cnninvert import job, layers, methods
from cnninvert.files import whole_folder
from cnninvert.hdf5 import PICTURES, read_hdf5, read_photographs
from cnninvert.progress import progress

QUALITY = 90  # of the JPEG files


def main(snakemake):
    output = Path(snakemake.output.gallery)
    template = Path(snakemake.input.template)
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    with whole_folder(output) as folder:
        (folder / "pictures").mkdir()
        with read_photographs(snakemake.input.photographs, "test") as photographs:
            names = [name.decode() for name in photographs["test_path"]]
            originals = save_pictures(photographs["test"], "photograph", folder)
        parts = [
            part(Path(pictures), Path(errors), names, originals, folder)
            for pictures, errors in progress(
                list(zip(snakemake.input.pictures, snakemake.input.errors, strict=True)), "decoders"
            )
        ]
        page = environment.get_template(template.name).render(parts=parts)
        (folder / "index.html").write_text(page, encoding="utf-8")


def part(
    pictures: Path, errors: Path, names: list[str], originals: list[str], folder: Path
) -> dict:
    """What the page says of one decoder; its pictures are saved to ``folder``.

    A method may have pictures of the first photographs only.
    """
    layer, switches = pictures.stem.split("-")
    table = methods.picture_errors(errors)
    shown = table[table["bank"] == 0].set_index(["image", "method"])["error"]
    with read_hdf5(pictures, {"original": PICTURES}) as file:
        found = [name for name in methods.METHODS if name in file]
        files = {
            method: save_pictures(file[method], f"{pictures.stem}-{method}", folder)
            for method in found
        }
    columns = {"photograph": originals, **files}
    return {
        "name": pictures.stem,
        "title": f"{layers.title('vgg16', layer)}, {switches} switches",
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
    """Write (N, 3, 224, 224) uint8 RGB as JPEG; paths from ``folder``."""
    paths = [f"pictures/{name}-{number:04}.jpg" for number in range(len(pictures))]
    for path, pixels in zip(paths, pictures, strict=True):
        picture = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
        picture.save(folder / path, quality=QUALITY, subsampling=0)
    return paths


if "snakemake" in globals():
    job.run(snakemake, main)
