"""Inverted pictures in HDF5, beside the photographs, and their errors."""

from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from cnninvert.inversion.agreement import agreement
from cnninvert.inversion.known import Known
from cnninvert.metrics.pictures import psnr
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.norms import norms
from machinery.files import write_csv
from machinery.hdf5 import DECODED, NAMES, PICTURES, atomic_hdf5, read_hdf5

DATASETS = {"paths": NAMES, "photographs": PICTURES, "pictures": DECODED}


def errors_of(
    network: TracedNetwork,
    truth: Known,
    pictures: Tensor,
    photographs: Tensor,
    preprocessing: Preprocessing,
) -> dict[str, np.ndarray]:
    """Errors of ``pictures`` (B, 3, H, W), in [0, 1], of ``photographs``, uint8, each (B,).

    ``truth``: the photographs' values and switches.
    """
    values, switches = agreement(network, truth, pictures, preprocessing)
    x = photographs / 255
    found = {
        "relative_error": norms(pictures - x) / norms(x),
        "psnr": psnr(pictures, x),
        "value_error": values,
        "switch_error": switches,
    }
    return {name: each.cpu().numpy() for name, each in found.items()}


def write(
    pictures: Path,
    errors: Path,
    names: list[str],
    photographs: np.ndarray,
    found: np.ndarray,
    columns: dict[str, np.ndarray],
) -> None:
    """``found`` (N, 3, H, W) float32 beside the ``photographs``; their errors, a row each."""
    with atomic_hdf5(pictures) as file:
        file["paths"] = names
        file["photographs"] = photographs
        file["pictures"] = found
    write_csv(errors, pd.DataFrame({"image": names, **columns}))


def read(path: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, photographs and pictures of the file that ``write`` wrote."""
    with read_hdf5(path, DATASETS) as file:
        names = [name.decode() for name in file["paths"]]
        return names, file["photographs"][:], file["pictures"][:]
