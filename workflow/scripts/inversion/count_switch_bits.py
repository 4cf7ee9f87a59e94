"""Bits in the switches of each max-pooling, and what JPEG and WebP make of the same photographs."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image, features

from cnninvert.inversion.switch_bits import switch_bits
from cnninvert.metrics.pictures import psnr
from cnninvert.operators.norms import norms
from machinery import job
from machinery.errors import InputError
from machinery.files import write_csv
from machinery.progress import progress
from paper.device import use_device
from paper.network.pictures import crops, listed
from paper.network.prepared import read_prepared

QUALITIES = (5, 10, 20, 35, 50, 65, 80, 90, 95, 98)
CODECS = {
    **{f"JPEG {quality}": ("JPEG", {"quality": quality}) for quality in QUALITIES},
    **{f"WebP {quality}": ("WEBP", {"quality": quality}) for quality in QUALITIES},
    "PNG": ("PNG", {"optimize": True}),
    "WebP lossless": ("WEBP", {"lossless": True, "quality": 100}),
}


@torch.inference_mode()
def count_switch_bits(
    prepared: Path,
    folder: Path,
    names: Path,
    settings: dict[str, int],
    gpu: int,
    switches: Path,
    codecs: Path,
) -> None:
    """``settings``: images and side, as for the inversion."""
    device = use_device(gpu)
    network, preprocessing = read_prepared(prepared, device, settings["side"])
    if not network.of_kind("max_pool"):
        raise InputError("the network has no max-pooling, and so no switches; name another one.")
    chosen = listed(names, 0, settings["images"])
    found, coded = [], []
    for name in progress(chosen, "photographs"):
        photograph = crops(folder, [name], settings["side"])
        for output in network.run(preprocessing(photograph.to(device)), indices=True):
            if output.layer.kind == "max_pool":
                regions = network.regions(output.layer.name)
                places = regions.places(output.indices)[0]
                bits = switch_bits(places, output.values[0], regions.count)
                found.append({"image": name, "layer": output.layer.name, **bits})
        for codec, bits, picture in _codecs(photograph[0].permute(1, 2, 0).numpy()):
            truth, shown = (each / 255 for each in (photograph, picture))
            error = (norms(shown - truth) / norms(truth)).item()
            about = {"image": name, "codec": codec, "bits": bits}
            coded.append({**about, "relative_error": error, "psnr": psnr(shown, truth).item()})
    write_csv(switches, pd.DataFrame(found))
    write_csv(codecs, pd.DataFrame(coded))


def _codecs(photograph: np.ndarray):
    """What each codec's file takes, in bits, and the picture in it (1, 3, H, W), uint8."""
    for codec, (kind, options) in CODECS.items():
        if kind == "WEBP" and not features.check("webp"):
            continue
        file = io.BytesIO()
        Image.fromarray(photograph).save(file, kind, **options)
        picture = np.array(Image.open(file).convert("RGB"))
        yield codec, 8 * file.tell(), torch.from_numpy(picture).permute(2, 0, 1)[None]


if "snakemake" in globals():
    job.run(snakemake, count_switch_bits)
