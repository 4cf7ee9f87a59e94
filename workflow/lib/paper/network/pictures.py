"""Photographs for a network, read as they are needed."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnninvert.networks.preprocessing import Preprocessing
from paper.data.photographs import centre_crop, load


def crops(folder: Path, names: list[str], size: int) -> Tensor:
    """(B, 3, size, size): the middles of the photographs ``names`` of ``folder``, uint8."""
    return torch.from_numpy(np.stack([centre_crop(load(folder / name), size) for name in names]))


def pictures(folder: Path, names: list[str], preprocessing: Preprocessing) -> Tensor:
    """(B, 3, size, size): the photographs ``names`` of ``folder`` as a network's input."""
    return preprocessing(crops(folder, names, preprocessing.size))
