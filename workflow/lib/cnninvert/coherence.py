"""Coherence of a filter bank (Table 3)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def coherence(
    filters: Tensor, shifts: bool = False, signed: bool = False, stride: int = 1
) -> float:
    """The largest inner product between distinct rows of W, for (K, M, l, l) filters.

    Without ``shifts``, between filters in the same place, as footnote 8 has it; with them, between
    all rows of W, a filter's own shifts included: the shifts are multiples of the layer's
    ``stride``. ``signed`` takes the largest value instead of the largest absolute value. The inner
    products are those of the filters as given: normalise them first (``unit_norm``).
    """
    absolute, largest = coherences(filters, shifts, stride)
    return largest if signed else absolute


def coherences(filters: Tensor, shifts: bool = False, stride: int = 1) -> tuple[float, float]:
    """``coherence`` of the absolute values and of the signed ones."""
    products = _all_shifts(filters, stride) if shifts else _same_place(filters)
    lowest, largest = products.aminmax()
    return float(torch.maximum(-lowest, largest)), float(largest)


def _same_place(filters: Tensor) -> Tensor:
    rows = filters.flatten(1)
    return (rows @ rows.T).fill_diagonal_(0)


def _all_shifts(filters: Tensor, stride: int) -> Tensor:
    reach = filters.shape[-1] - 1
    products = F.conv2d(filters, filters, padding=reach)  # (K, K, 2l - 1, 2l - 1)
    products.diagonal()[reach, reach] = 0  # a filter with itself, unshifted
    first = reach % stride
    return products[:, :, first::stride, first::stride]
