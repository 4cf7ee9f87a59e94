"""Pooling switches as places in the pooling regions: how the project keeps and uses them."""

import torch
import torch.nn.functional as F
from torch import Tensor

from cnninvert.layers import Pool


def max_pool(x: Tensor, pool: Pool) -> tuple[Tensor, Tensor]:
    """(B, C, H, W) -> the maxima of the regions and their places, both (B, C, h, w).

    Places are uint8, row by row in the region: for 2 x 2 regions 0 is top left, 1 top right,
    2 bottom left, 3 bottom right.
    """
    values, indices = F.max_pool2d(x, pool.size, pool.stride, return_indices=True)
    width = x.shape[-1]
    top = torch.arange(values.shape[2], device=x.device).view(-1, 1) * pool.stride
    left = torch.arange(values.shape[3], device=x.device) * pool.stride
    row, column = indices // width - top, indices % width - left
    return values, (row * pool.size + column).to(torch.uint8)


def unpool(values: Tensor, places: Tensor | None, pool: Pool) -> Tensor:
    """(B, C, h, w) -> (B, C, H, W): each value at its place in its region, zeros elsewhere.

    ``places`` are as ``max_pool`` gives them; None puts every value top left. H is the least that
    pools to h. Where overlapping regions put two values in one place, the larger one stays. Unlike
    ``max_unpool2d``, this gives the same digits every time on a GPU as well.
    """
    if pool.size == pool.stride == 2:
        return _unpool_2x2(values, places)
    b, c, rows, columns = values.shape
    height, width = ((n - 1) * pool.stride + pool.size for n in (rows, columns))
    row = torch.arange(rows, device=values.device).view(-1, 1) * pool.stride
    column = torch.arange(columns, device=values.device) * pool.stride
    at = (row * width + column).expand(b, c, rows, columns)
    if places is not None:
        places = places.long()
        at = at + places // pool.size * width + places % pool.size
    flat = values.new_zeros(b, c, height * width)
    flat = flat.scatter_reduce(2, at.flatten(2), values.flatten(2), "amax", include_self=False)
    return flat.view(b, c, height, width).contiguous(memory_format=torch.channels_last)


def _unpool_2x2(values: Tensor, places: Tensor | None) -> Tensor:
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
