"""The ratio ||W^T z|| / ||z|| of codes whose signs are random: its spread, predicted and drawn.

With unit-norm rows w_i of W, their Gram matrix G and the shares p_i = z_i^2 / ||z||^2,

    ||W^T z||^2 / ||z||^2 = 1 + sum_{i != j} e_i e_j sqrt(p_i p_j) G_ij,    e_i = sign(z_i).

For independent zero-mean signs, E[e_i e_j e_k e_l] is 1 where {i, j} = {k, l} and 0 elsewhere, so
the squared ratio has mean 1 and variance v = 2 sum_{i != j} p_i p_j G_ij^2. This is exact for a
*valid* convolution, in which G_ij depends on two filters and the shift between their places only:
the filters' cross-correlations. It holds for any magnitudes and supports; where they spread evenly
over N places, p_i p_j is 1 / N^2 on average and v = (2 / N) mean_i sum_{j != i} G_ij^2, whatever
the density.

A quadratic form in many random signs is nearly a scaled chi-squared variable. With mean 1 and
variance v that is Gamma's distribution of shape m = 1 / v, and its root, the ratio, is Nakagami's.
"""

import math

import numpy as np
import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.theory.coherence import cross_correlations
from cnninvert.theory.rip import isometry_ratio


def square_variance(operator: Convolution, z: Tensor) -> Tensor:
    """(B,): v, the variance over random signs of the squared ratio of codes (B, K, n...).

    The ratio's mean is 1, and ``ratio_moments`` holds, for filters of unit norm (``unit_norm``).
    Raises ValueError for a padded convolution, whose rows are cut at the border.

    >>> w = Convolution(torch.ones(1, 1, 2, 2) / 2, size=3)  # of the filter's own shifts
    >>> square_variance(w, torch.ones(1, 1, 2, 2))
    tensor([0.2812])
    """
    operator = operator.plain()
    if operator.padding:
        raise ValueError("the formula holds for a valid convolution, and this one is padded")
    products = cross_correlations(operator.filters, operator.stride).square_()
    energy = z.square()
    axes = tuple(range(1, z.ndim))
    shares = energy / energy.sum(axes, keepdim=True)
    margin = tuple(side // 2 for side in products.shape[2:])
    met = Convolution(products, size=shares.shape[2:], padding=margin)(shares)
    return 2 * (shares * met).sum(axes)


def ratio_moments(variance: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (N,) of a ratio whose square has mean 1 and variances v (N,).

    >>> [round(float(value), 4) for value in ratio_moments(torch.tensor(0.01))]
    [0.9988, 0.05]
    """
    variance = variance.double()
    shape = 1 / variance
    log_mean = torch.lgamma(shape + 0.5) - torch.lgamma(shape) - shape.log() / 2
    # The series, where the differences above cancel.
    log_mean = torch.where(variance < 1e-4, -variance / 8, log_mean)
    return log_mean.exp(), (-torch.expm1(2 * log_mean)).sqrt()


def ratio_density(ratios: np.ndarray, variance: float) -> np.ndarray:
    """Nakagami's density at ``ratios``, of a ratio whose square has mean 1 and ``variance``.

    >>> ratio_density(np.array([1.0]), 0.01).round(2)
    array([7.97])
    """
    shape = 1 / variance
    constant = shape * np.log(shape) - math.lgamma(shape)
    return 2 * np.exp(constant + (2 * shape - 1) * np.log(ratios) - shape * ratios**2)


def flipped_ratios(
    operator: Convolution, z: Tensor, copies: int, random: torch.Generator
) -> Tensor:
    """(B, ``copies``): ratios of the codes (B, K, n...) with their signs drawn again.

    >>> w = Convolution(torch.ones(1, 1, 1, 1), size=3)
    >>> flipped_ratios(w, torch.ones(1, 1, 3, 3), 2, torch.Generator().manual_seed(0))
    tensor([[1., 1.]])
    """
    ratios = []
    for code in z:
        draws = torch.randint(0, 2, (copies, *code.shape), generator=random)
        ratios.append(isometry_ratio(operator, code * (2 * draws - 1).to(z)))
    return torch.stack(ratios)
