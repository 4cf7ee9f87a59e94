"""Pictures that a decoder must beat: colours without any shape, and blocks."""

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK = 16  # pixels


def baselines(photograph: Tensor, colour: Tensor) -> dict[str, Tensor]:
    """Stand-ins for a ``photograph`` (1, 3, H, W), by name, all of its shape.

    ``mean_colour``: ``colour`` (3,), the same for all photographs; ``own_mean``: the photograph's
    mean colour; ``block_means``: the mean colours of its blocks of 16 x 16 pixels. The last two
    know 3 numbers of the photograph, and 3 a block.
    """
    blocks = F.avg_pool2d(photograph, BLOCK, ceil_mode=True)
    height, width = photograph.shape[2:]
    large = blocks.repeat_interleave(BLOCK, 2).repeat_interleave(BLOCK, 3)
    return {
        "mean_colour": colour.view(1, 3, 1, 1).expand_as(photograph),
        "own_mean": photograph.mean((2, 3), keepdim=True).expand_as(photograph),
        "block_means": large[..., :height, :width],
    }


def mean_colour(images: h5py.Dataset) -> Tensor:
    """(3,), in [0, 1]: the mean of uint8 RGB images (N, 3, H, W), read one at a time."""
    total = np.zeros(3)
    for image in images:
        total += image.mean((1, 2))
    return torch.from_numpy(total / len(images) / 255).float()
