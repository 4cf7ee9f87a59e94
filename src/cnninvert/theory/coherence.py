"""Coherence of a filter bank (Table 3)."""

from dataclasses import replace

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.winograd import Sizes


def coherence(
    filters: Tensor, shifts: bool = False, signed: bool = False, stride: Sizes = 1
) -> float:
    """The largest inner product between distinct rows of W, for (K, M, l...) filters.

    Footnote 8 says rows of W. With ``shifts`` these are all of them, a filter's own shifts
    included, which are multiples of the layer's ``stride`` (of each axis, or of all); without,
    filters in the same place, as Table 3's numbers are. ``signed`` takes the largest value instead
    of the largest absolute one, or 0 where all are negative. The inner products are those of the
    filters as given: normalise them first (``unit_norm``). They are those of one group: of an
    operator with several, take ``operator.plain().filters``.

    >>> coherence(torch.tensor([[1.0, 0.0], [-0.6, 0.8]]).view(2, 2, 1, 1))
    0.6000000238418579
    """
    absolute, largest = coherences(filters, shifts, stride)
    return largest if signed else absolute


def coherences(filters: Tensor, shifts: bool = False, stride: Sizes = 1) -> tuple[float, float]:
    """``coherence`` of the absolute values and of the signed ones, of (K, M, l...) filters.

    >>> coherences(torch.tensor([[1.0, 0.0], [-0.5, 0.0]]).view(2, 2, 1, 1))
    (0.5, 0.0)
    """
    products = cross_correlations(filters, stride) if shifts else _same_place(filters)
    lowest, largest = products.aminmax()
    return float(torch.maximum(-lowest, largest)), float(largest)


def cross_correlations(filters: Tensor, stride: Sizes = 1) -> Tensor:
    """(K, K, 2r + 1...): <w_k at place q, w_k' at place q + d> for all shifts |d| <= r.

    ``filters``: (K, M, l) or (K, M, l, l'), with an r for each axis. Shifts count in places of the
    code, which are ``stride`` apart; r is the farthest at which filters overlap. A row of W with
    itself, at [k, k, r...], counts as 0.

    >>> cross_correlations(torch.ones(1, 1, 2, 2))[0, 0]
    tensor([[1., 2., 1.],
            [2., 0., 2.],
            [1., 2., 1.]])
    """
    bank = Convolution(filters, size=filters.shape[2:], stride=stride)
    centre = tuple((n - 1) // step for n, step in zip(bank.size, bank.axes(stride), strict=True))
    margin = tuple(r * step for r, step in zip(centre, bank.axes(stride), strict=True))
    products = replace(bank, padding=margin)(filters)  # (K, K, 2r + 1...)
    products.diagonal()[centre] = 0
    return products


def _same_place(filters: Tensor) -> Tensor:
    rows = filters.flatten(1)
    return (rows @ rows.T).fill_diagonal_(0)
