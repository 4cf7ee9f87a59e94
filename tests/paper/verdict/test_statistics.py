"""Intervals cover what they say, and a family without an effect is left in peace."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from paper.verdict import statistics

RUNS = 2000


@pytest.mark.parametrize("draw", ["standard_normal", "standard_exponential"])
def test_intervals_cover_the_mean(draw):
    """Of skewed samples a little less often."""
    random, mean = np.random.default_rng(0), float(draw == "standard_exponential")
    samples = getattr(random, draw)((RUNS, 24))
    intervals = [statistics.of_sample(pd.Series(sample)).interval() for sample in samples]
    covered = np.mean([low <= mean <= high for low, high in intervals])
    least = 0.95 if mean == 0 else 0.92
    assert covered > least - 3 * (0.05 * 0.95 / RUNS) ** 0.5


def test_means_are_compared_as_scipy_does_it():
    values = pd.Series([1.0, 2.0, 4.0])
    expected = stats.ttest_1samp(values, 0)
    estimate = statistics.of_sample(values)
    assert statistics.positive(estimate).p == pytest.approx(expected.pvalue)
    assert estimate.interval() == pytest.approx(tuple(expected.confidence_interval()))


def test_a_family_without_an_effect_has_few_false_verdicts():
    """48 comparisons, as in Table 4, of two kinds of filters that do not differ."""
    random = np.random.default_rng(0)
    runs, false = 400, 0
    for _ in range(runs):
        samples = random.standard_normal((48, 24))
        tests = [statistics.positive(statistics.of_sample(pd.Series(one))) for one in samples]
        adjusted = statistics.holm([test.p for test in tests])
        found = {statistics.verdict(True, p) for p in adjusted}
        false += found != {"undecided"}
    assert false / runs < 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


def test_band_of_a_mean_and_of_a_median():
    random = np.random.default_rng(0)
    for shift, expected in ((0, "holds"), (0.5, "contradicted"), (0.1, "undecided")):
        sample = pd.Series(shift + 0.05 * random.standard_normal(40))
        for test in (
            statistics.within(statistics.of_sample(sample), -0.1, 0.1),
            statistics.median_within(sample, -0.1, 0.1),
        ):
            assert statistics.verdict(test.favourable, test.p) == expected
            assert test.low < sample.median() < test.high or test.low < sample.mean() < test.high


def test_median_intervals_cover():
    random = np.random.default_rng(0)
    samples = random.exponential(size=(RUNS, 15))
    tests = [statistics.median_within(pd.Series(sample), 0, 1) for sample in samples]
    covered = np.mean([test.low <= np.log(2) <= test.high for test in tests])
    assert covered > 0.95 - 3 * (0.05 * 0.95 / RUNS) ** 0.5


def test_one_sample_decides_nothing():
    estimate = statistics.of_sample(pd.Series([3.0]))
    assert statistics.positive(estimate).p == 1
    assert estimate.interval() == (-np.inf, np.inf)
    few = statistics.median_within(pd.Series([1.0, 1.1]), 0, 2)
    assert (few.low, few.high) == (-np.inf, np.inf) and few.p > 0.05


def test_holm_is_bonferroni_for_the_smallest_and_never_falls():
    p = np.random.default_rng(0).uniform(size=20)
    adjusted = statistics.holm(p)
    assert adjusted[p.argmin()] == pytest.approx(min(1, 20 * p.min()))
    assert (np.diff(adjusted[p.argsort()]) >= 0).all() and (adjusted >= p).all()


def test_no_exception_in_sixty_leaves_five_percent():
    assert statistics.most_exceptions(59) < 0.05 < statistics.most_exceptions(58)
