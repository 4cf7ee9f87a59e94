"""Whether the responses that a ReLU lets through determine a layer's input."""

from math import isqrt

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution

ROUNDING = 1e-12  # of an eigenvalue of the Gram matrix, relative: a singular value of 1e-6
MOST_UNKNOWNS = 2048
MOST_PLACES = 8


def spanned_share(w: Convolution, active: Tensor) -> float:
    """The share of a square of the input that the rows of W with active responses span.

    ReLU(W x) has no other x if and only if, at every x, the rows with responses above zero span
    all directions: a directed spanning set (Puthawala, Kothari, Lassas, Dokmanic and de Hoop, JMLR
    2022, Theorem 2). Here, at one x, for a square in the middle of the map, as if all input around
    it were known: below 1, some change of the square alone leaves the layer's output as it is.

    ``w``: in two dimensions, padded with zeros or not at all. ``active``: (K, h, w), whether a
    response is above zero. Raises ValueError for other operators and shapes.

    >>> crelu = Convolution(torch.tensor([1.0, -1.0]).view(2, 1, 1, 1), size=4)
    >>> active = torch.zeros(2, 4, 4, dtype=torch.bool)
    >>> active[0] = True                 # one of each two is, wherever the input is not zero
    >>> spanned_share(crelu, active), spanned_share(crelu, torch.zeros_like(active))
    (1.0, 0.0)
    """
    if w.dimensions != 2 or w.circular:
        raise ValueError("the operator is to have two dimensions, and no circular padding")
    if active.shape != w.code_shape:
        raise ValueError(f"responses are {w.code_shape}, not {tuple(active.shape)}")
    channels = w.filters.shape[1] * w.groups
    most = max(1, min(MOST_PLACES, isqrt(MOST_UNKNOWNS // channels)))
    strides, sizes = w.axes(w.stride), w.axes(w.size)
    height, width = square = [min(most, size) for size in sizes]
    axes = [
        _middle(*axis)
        for axis in zip(
            square, sizes, w.axes(w.padding), strides, w.reach, w.code_shape[1:], strict=True
        )
    ]
    (top, rows), (left, columns) = axes
    unknowns = channels * height * width
    seen = [
        max(begin + count, (places.stop - places.start - 1) * stride + reach)
        for (begin, places), count, stride, reach in zip(
            axes, square, strides, w.reach, strict=True
        )
    ]
    impulses = w.filters.new_zeros(unknowns, channels, *seen)
    impulses[:, :, top : top + height, left : left + width] = torch.eye(
        unknowns, dtype=w.filters.dtype, device=w.filters.device
    ).view(unknowns, channels, height, width)
    geometry = {"stride": w.stride, "dilation": w.dilation, "groups": w.groups}
    responses = Convolution(w.filters, tuple(seen), **geometry)(impulses)
    passed = active[:, rows, columns]
    # (unknowns, active responses)
    matrix = responses[:, :, : passed.shape[1], : passed.shape[2]][:, passed].double()
    if not matrix.numel():
        return 0.0
    gram = matrix @ matrix.T if unknowns <= matrix.shape[1] else matrix.T @ matrix
    values = torch.linalg.eigvalsh(gram)
    return float((values > ROUNDING * values[-1]).sum() / unknowns) if values[-1] > 0 else 0.0


def _middle(
    count: int, size: int, padding: int, stride: int, reach: int, places: int
) -> tuple[int, slice]:
    """Along an axis: where ``count`` unknowns begin in what their responses see; the responses."""
    start = padding + (size - count) // 2  # in the padded input
    first = max(0, min(start // stride, -(-(start - reach + 1) // stride)))
    first = min(first, places - 1)
    last = min(places - 1, (start + count - 1) // stride)
    return start - first * stride, slice(first, last + 1)
