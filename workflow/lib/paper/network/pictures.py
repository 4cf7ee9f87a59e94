"""Photographs for a network, read as they are needed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnninvert.networks.models import Preprocessing
from paper.data.photographs import centre_crop, load


def batches(
    folder: Path, names: list[str], preprocessing: Preprocessing, batch: int
) -> Iterator[tuple[list[str], Tensor]]:
    """Names and the network's input (B, 3, size, size) of the photographs, ``batch`` at a time."""
    for start in range(0, len(names), batch):
        some = names[start : start + batch]
        crops = [centre_crop(load(folder / name), preprocessing.size) for name in some]
        yield some, preprocessing(torch.from_numpy(np.stack(crops)))
