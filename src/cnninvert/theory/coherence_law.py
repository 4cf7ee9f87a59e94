"""The law of the coherence of random filters: the largest inner product of random unit vectors."""

import math

import numpy as np

POINTS = 200  # of Gauss-Legendre quadrature


def pair_tail(value: float, dimension: int) -> float:
    """The probability that two random unit vectors have an inner product above ``value``.

    It has the density c (1 - t^2)^((n - 3) / 2) in n = ``dimension`` >= 2 dimensions, so that
    (1 + t) / 2 has a beta distribution.

    >>> round(pair_tail(0.5, 3), 12)
    0.25
    """
    if value < 0:
        return 1 - pair_tail(-value, dimension)
    if value >= 1:
        return 0.0
    # By the angle between the two, from the largest down to where the density is next to nothing.
    end = math.acos(value)
    width = min(end, 9 / math.sqrt(dimension))
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    angles = end - width * (1 + points) / 2
    constant = (
        math.lgamma(dimension / 2) - math.lgamma((dimension - 1) / 2) - 0.5 * math.log(math.pi)
    )
    density = np.exp(constant + (dimension - 2) * np.log(np.sin(angles)))
    return float(width / 2 * (weights * density).sum())


def coherence_cdf(value: float, vectors: int, dimension: int, signed: bool = False) -> float:
    """The probability that ``vectors`` random unit vectors have a coherence up to ``value``.

    ``signed``: of the largest inner product, instead of the largest absolute one. Inner products of
    different pairs are pairwise independent, so the law is (1 - p)^N for N pairs and p the tail of
    one, but for terms of the order of N K p^2 with K vectors (Arratia, Goldstein and Gordon, Annals
    of Probability, 1989; Cai, Fan and Jiang, JMLR 2013).

    >>> round(coherence_cdf(0.1, 512, 4608), 3)
    1.0
    """
    tail = pair_tail(value, dimension) * (1 if signed else 2)
    if tail >= 1 or (value < 0 and not signed):
        return 0.0
    return math.exp(vectors * (vectors - 1) / 2 * math.log1p(-tail))


def coherence_quantile(
    probability: float, vectors: int, dimension: int, signed: bool = False
) -> float:
    """The coherence that is not exceeded with this ``probability``, between 0 and 1.

    >>> median = coherence_quantile(0.5, 512, 4608)
    >>> round(median, 4), round(coherence_cdf(median, 512, 4608), 6)
    (0.067, 0.5)
    """
    low, high = -1.0 if signed else 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        if coherence_cdf(middle, vectors, dimension, signed) < probability:
            low = middle
        else:
            high = middle
    return high
