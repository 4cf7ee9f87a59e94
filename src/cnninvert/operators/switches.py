"""Pooling switches, as places in the pooling regions."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

# Whether the pooling switches are the encoder's, or none (the first place of each region).
Switches = Literal["known", "fixed"]
# Integers as wide as a float: masks of their bits select values in one pass, and exactly.
INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}


def max_pool(x: Tensor, size: int = 2, stride: int = 2) -> tuple[Tensor, Tensor]:
    """(B, C, H, W) -> the maxima of the regions and their places, both (B, C, h, w).

    Places are uint8, row by row in the region: for 2 x 2 regions 0 is top left, 1 top right,
    2 bottom left, 3 bottom right. Of equal values the first one counts, and any NaN is the maximum.
    Regions are ``size`` x ``size``, every ``stride`` places; those that would not be whole are
    left out. Raises ValueError for regions of more than 256 places.

    >>> max_pool(torch.tensor([[[[1.0, 2.0], [4.0, 3.0]]]]))
    (tensor([[[[4.]]]]), tensor([[[[2]]]], dtype=torch.uint8))
    """
    if size > 16:
        raise ValueError(f"regions of {size} x {size} have more places than uint8 can tell apart")
    values, indices = F.max_pool2d(x, size, stride, return_indices=True)
    width = x.shape[-1]
    top = torch.arange(values.shape[2], device=x.device).view(-1, 1) * stride
    left = torch.arange(values.shape[3], device=x.device) * stride
    # Few bytes and no divisions: int64 throughout would cost several times the pooling itself.
    offset = indices.to(torch.int32).sub_((top * width + left).to(torch.int32))
    places = offset.to(torch.uint8)
    for row in range(1, size):
        # Exact although it is modulo 256: what is left is a place.
        places.sub_((offset >= row * width).view(torch.uint8), alpha=(width - size) % 256)
    return values, places


def unpool(values: Tensor, places: Tensor | None, size: int = 2, stride: int = 2) -> Tensor:
    """(B, C, h, w) -> (B, C, H, W): each value at its place in its region, zeros elsewhere.

    ``places`` are as ``max_pool`` gives them, uint8, or (1, C, h, w) for the whole batch; None puts
    every value top left. Raises ValueError for places of another type: PyTorch's own indices, which
    ``observe`` keeps, count in the whole map. H is the least that pools to h. Where overlapping
    regions put two values in one place, the larger one stays. Unlike ``max_unpool2d``, this gives
    the same digits every time on a GPU as well.

    >>> unpool(torch.tensor([[[[4.0]]]]), torch.tensor([[[[2]]]], dtype=torch.uint8))
    tensor([[[[0., 0.],
              [4., 0.]]]])
    """
    if places is not None and places.dtype != torch.uint8:
        raise ValueError(
            f"places in a region are uint8, not {places.dtype}; for indices in the whole map there "
            "is torch.nn.functional.max_unpool2d"
        )
    if size == stride == 2:
        return _unpool_2x2(values, places)
    b, c, rows, columns = values.shape
    height, width = ((n - 1) * stride + size for n in (rows, columns))
    row = torch.arange(rows, device=values.device).view(-1, 1) * stride
    column = torch.arange(columns, device=values.device) * stride
    at = (row * width + column).expand(b, c, rows, columns)
    if places is not None:
        places = places.long()
        at = at + places // size * width + places % size
    flat = values.new_zeros(b, c, height * width)
    flat = flat.scatter_reduce(2, at.flatten(2), values.flatten(2), "amax", include_self=False)
    return flat.view(b, c, height, width).contiguous(memory_format=torch.channels_last)


def _unpool_2x2(values: Tensor, places: Tensor | None) -> Tensor:
    # Channels last, as the convolutions want it; at once, for mixed layouts are slow.
    values = values.permute(0, 2, 3, 1).contiguous()
    if places is None:
        regions = F.pad(values[:, :, None, :, None], (0, 0, 0, 1, 0, 0, 0, 1))
    else:
        regions = _Spread.apply(values, places.permute(0, 2, 3, 1).contiguous())
    return regions.flatten(3, 4).flatten(1, 2).permute(0, 3, 1, 2)


class _Spread(torch.autograd.Function):
    """(B, h, w, C) values and places -> their 2 x 2 regions (B, h, 2, w, 2, C).

    Several times faster than torch.where and its gradient, and in bfloat16 than products as well.
    """

    @staticmethod
    def forward(ctx, values: Tensor, places: Tensor) -> Tensor:
        ctx.save_for_backward(places)
        b, height, width, channels = values.shape
        regions = values.new_empty(b, height, 2, width, 2, channels)
        bits, spread = _bits(values), _bits(regions)
        for place, mask in enumerate(_masks(places, bits.dtype)):
            torch.bitwise_and(bits, mask, out=spread[:, :, place // 2, :, place % 2])
        return regions

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        return _Gather.apply(gradient, *ctx.saved_tensors), None


class _Gather(torch.autograd.Function):
    """2 x 2 regions (B, h, 2, w, 2, C) and places -> the values there (B, h, w, C)."""

    @staticmethod
    def forward(ctx, regions: Tensor, places: Tensor) -> Tensor:
        ctx.save_for_backward(places)
        bits = _bits(regions)
        masks = _masks(places, bits.dtype)
        corners = (mask & bits[:, :, place // 2, :, place % 2] for place, mask in enumerate(masks))
        chosen = next(corners)
        for corner in corners:
            chosen |= corner
        return chosen.view(regions.dtype)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        return _Spread.apply(gradient, *ctx.saved_tensors), None


def _bits(x: Tensor) -> Tensor:
    return x.view(INTEGERS[x.element_size()])


def _masks(places: Tensor, dtype: torch.dtype):
    """For each place of 2 x 2 regions, integers with all bits set where ``places`` is it."""
    places = places.to(dtype)
    sign = 8 * dtype.itemsize - 1
    for place in range(4):
        yield (places ^ place).sub_(1).bitwise_right_shift_(sign)
