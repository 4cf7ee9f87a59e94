"""Coherence of a filter bank (Table 3)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def coherence(
    filters: Tensor, shifts: bool = False, signed: bool = False, stride: int = 1
) -> float:
    """The largest inner product between distinct rows of W, for (K, M, l, l') filters.

    Footnote 8 says rows of W. With ``shifts`` these are all of them, a filter's own shifts
    included, which are multiples of the layer's ``stride``; without, filters in the same place, as
    Table 3's numbers are. ``signed`` takes the largest value instead of the largest absolute one,
    or 0 where all are negative. The inner products are those of the filters as given: normalise
    them first (``unit_norm``). They are those of one group: of an operator with several, take
    ``operator.plain().filters``.

    >>> coherence(torch.tensor([[1.0, 0.0], [-0.6, 0.8]]).view(2, 2, 1, 1))
    0.6000000238418579
    """
    absolute, largest = coherences(filters, shifts, stride)
    return largest if signed else absolute


def coherences(filters: Tensor, shifts: bool = False, stride: int = 1) -> tuple[float, float]:
    """``coherence`` of the absolute values and of the signed ones, of (K, M, l, l') filters.

    >>> coherences(torch.tensor([[1.0, 0.0], [-0.5, 0.0]]).view(2, 2, 1, 1))
    (0.5, 0.0)
    """
    products = cross_correlations(filters, stride) if shifts else _same_place(filters)
    lowest, largest = products.aminmax()
    return float(torch.maximum(-lowest, largest)), float(largest)


def cross_correlations(filters: Tensor, stride: int = 1) -> Tensor:
    """(K, K, 2r + 1, 2r' + 1): <w_k at place q, w_k' at place q + d> for all shifts |d| <= r, r'.

    ``filters``: (K, M, l, l'). Shifts count in places of the code, which are ``stride`` apart; r
    is the farthest at which filters overlap. A row of W with itself, at [k, k, r, r'], counts as 0.

    >>> cross_correlations(torch.ones(1, 1, 2, 2))[0, 0]
    tensor([[1., 2., 1.],
            [2., 0., 2.],
            [1., 2., 1.]])
    """
    below, right = (length - 1 for length in filters.shape[2:])
    products = F.conv2d(filters, filters, padding=(below, right))  # (K, K, 2l - 1, 2l' - 1)
    products.diagonal()[below, right] = 0
    return products[:, :, below % stride :: stride, right % stride :: stride]


def _same_place(filters: Tensor) -> Tensor:
    rows = filters.flatten(1)
    return (rows @ rows.T).fill_diagonal_(0)
