"""Photographs for a network, read as they are needed."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from cnninvert.networks.preprocessing import Preprocessing
from machinery.errors import InputError
from paper.data.photographs import SHORT_SIDE, centre_crop, load


def listed(names: Path, first: int, count: int) -> list[str]:
    """``count`` photographs of the list ``names``, from number ``first`` on.

    Raises InputError if there are fewer, as network.images: null cannot know in advance.
    """
    found = pd.read_csv(names)["path"].tolist()
    if len(found) < first + count:
        raise InputError(
            f"config: network.images of images.root has {len(found)} photographs, but "
            f"{first + count} are needed; give more, or lower the number that this target takes."
        )
    return found[first : first + count]


def crops(folder: Path, names: list[str], size: int) -> Tensor:
    """(B, 3, size, size): the middles of the photographs ``names`` of ``folder``, uint8."""
    photographs = (load(folder / name, max(2 * SHORT_SIDE, 2 * size)) for name in names)
    return torch.from_numpy(np.stack([centre_crop(each, size) for each in photographs]))


def pictures(folder: Path, names: list[str], preprocessing: Preprocessing) -> Tensor:
    """(B, 3, size, size): the photographs ``names`` of ``folder`` as a network's input."""
    return preprocessing(crops(folder, names, preprocessing.size))
