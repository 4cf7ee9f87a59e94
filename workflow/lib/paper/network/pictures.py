"""Photographs for a network, read as they are needed."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnninvert.networks.preprocessing import Preprocessing
from paper.data.photographs import centre_crop, load


def pictures(folder: Path, names: list[str], preprocessing: Preprocessing) -> Tensor:
    """(B, 3, size, size): the photographs ``names`` of ``folder`` as a network's input."""
    crops = [centre_crop(load(folder / name), preprocessing.size) for name in names]
    return preprocessing(torch.from_numpy(np.stack(crops)))
