"""Pooling switches as places in 2 x 2 regions: how the project keeps and uses them."""

import torch
import torch.nn.functional as F
from torch import Tensor


def places_from_indices(indices: Tensor, width: int) -> Tensor:
    """The switches of a 2 x 2 max-pooling as places in each region, uint8.

    ``indices`` (B, C, H, W) are torch's flat indices into maps ``width`` wide. Place 0 is top left,
    1 top right, 2 bottom left, 3 bottom right.
    """
    return ((indices // width % 2) * 2 + indices % width % 2).to(torch.uint8)


def unpool(values: Tensor, places: Tensor | None) -> Tensor:
    """(B, C, H, W) -> (B, C, 2H, 2W): each value at its place in its region, zeros elsewhere.

    ``places`` are as ``places_from_indices`` gives them; None puts every value top left. Unlike
    ``max_unpool2d``, this gives the same digits every time on a GPU as well.
    """
    # Channels last, as the convolutions want it.
    values = values.permute(0, 2, 3, 1)
    if places is None:
        regions = F.pad(values[:, :, None, :, None], (0, 0, 0, 1, 0, 0, 0, 1))
    else:
        places = places.permute(0, 2, 3, 1)
        corners = [torch.where(places == place, values, 0.0) for place in range(4)]
        rows = [torch.stack(corners[:2], dim=3), torch.stack(corners[2:], dim=3)]
        regions = torch.stack(rows, dim=2)
    b, height, _, width, _, channels = regions.shape
    return regions.reshape(b, 2 * height, 2 * width, channels).permute(0, 3, 1, 2)
