"""Estimates with their degrees of freedom, and verdicts on a family of tests.

Intervals have 95 % each. A verdict is one of a family's: Holm's step-down method (Scandinavian
Journal of Statistics, 1979) keeps the probability of a single false one in the whole family at or
below 5 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

LEVEL = 0.05  # of an interval, and of a family of tests
HOLDS, CONTRADICTED, UNDECIDED = "holds", "contradicted", "undecided"


@dataclass(frozen=True)
class Evidence:
    """Evidence about a claim: ``p`` (two-sided), and whether it speaks for the claim.

    ``low`` and ``high``: the interval of what was measured.
    """

    favourable: bool
    p: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """A mean, its standard error, and how many degrees of freedom that has."""

    mean: float
    error: float
    freedom: float

    def interval(self) -> tuple[float, float]:
        if not self.freedom > 0:
            return -np.inf, np.inf
        reach = stats.t.ppf(1 - LEVEL / 2, self.freedom) * self.error
        return self.mean - reach, self.mean + reach

    def above(self, value: float) -> float:
        """One-sided p that the true mean is not above ``value``."""
        if not self.freedom > 0:
            return 1.0
        if self.error == 0:
            return 0.0 if self.mean > value else 1.0
        return float(stats.t.sf((self.mean - value) / self.error, self.freedom))

    def below(self, value: float) -> float:
        """One-sided p that the true mean is not below ``value``."""
        return Estimate(-self.mean, self.error, self.freedom).above(-value)


def of_sample(values: pd.Series) -> Estimate:
    """The mean of independent samples."""
    return Estimate(float(values.mean()), float(values.sem()), len(values) - 1)


def positive(estimate: Estimate) -> Evidence:
    """Whether the mean is above zero."""
    above, below = estimate.above(0), estimate.below(0)
    return Evidence(above < below, min(1.0, 2 * min(above, below)), *estimate.interval())


def within(estimate: Estimate, low: float, high: float) -> Evidence:
    """Whether the mean lies between ``low`` and ``high``: two one-sided tests at either edge."""
    inside = max(estimate.above(low), estimate.below(high))
    outside = min(estimate.below(low), estimate.above(high))
    return Evidence(inside < outside, min(1.0, 2 * min(inside, outside)), *estimate.interval())


def median_within(values: pd.Series, low: float, high: float) -> Evidence:
    """Whether the median lies between ``low`` and ``high``, by the sign test at either edge."""
    count = len(values)

    def above(edge: float) -> float:  # p that the median is not above it
        return float(stats.binom.sf((values > edge).sum() - 1, count, 0.5))

    def below(edge: float) -> float:
        return float(stats.binom.sf((values < edge).sum() - 1, count, 0.5))

    inside, outside = max(above(low), below(high)), min(below(low), above(high))
    rank = int(stats.binom.ppf(LEVEL / 2, count, 0.5))
    ordered = np.sort(values)
    ends = (ordered[rank - 1], ordered[count - rank]) if rank else (-np.inf, np.inf)
    return Evidence(inside < outside, min(1.0, 2 * min(inside, outside)), *map(float, ends))


def wider(values: np.ndarray, others: np.ndarray) -> Evidence:
    """Whether ``values`` spread more widely than ``others``: the test of Brown and Forsythe (1974).

    The interval of the ratio of their standard deviations is from 2,000 bootstrap samples.
    """
    random = np.random.default_rng(0)
    ratios = [
        np.std(random.choice(values, len(values)), ddof=1)
        / np.std(random.choice(others, len(others)), ddof=1)
        for _ in range(2000)
    ]
    p = float(stats.levene(values, others, center="median").pvalue)
    low, high = np.quantile(ratios, [LEVEL / 2, 1 - LEVEL / 2])
    return Evidence(np.std(values) > np.std(others), p, float(low), float(high))


def most(successes: int, count: int) -> Evidence:
    """Whether more than half of the population are successes: the sign test.

    The interval of the share is Clopper and Pearson's (Biometrika, 1934).
    """
    result = stats.binomtest(successes, count)
    interval = result.proportion_ci(1 - LEVEL, "exact")
    return Evidence(2 * successes > count, float(result.pvalue), interval.low, interval.high)


def most_exceptions(count: int) -> float:
    """The largest share of exceptions that ``count`` samples without one leave possible."""
    return 1 - LEVEL ** (1 / count)


def holm(p: Sequence[float]) -> np.ndarray:
    """Adjusted p of a family: below 5 % where the family's error rate allows a verdict.

    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=float)
    order = values.argsort(kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(steps))
    return adjusted


def verdict(favourable: bool, adjusted: float) -> str:
    """Of one test, with its adjusted p."""
    if not adjusted < LEVEL:
        return UNDECIDED
    return HOLDS if favourable else CONTRADICTED
