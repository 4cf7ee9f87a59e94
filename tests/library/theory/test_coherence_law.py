"""The law of random filters' coherence, against the beta distribution and against samples."""

import numpy as np
import pytest
import torch
from scipy import stats

from cnninvert.operators.convolution import gaussian_filters, unit_norm
from cnninvert.theory.coherence import coherences
from cnninvert.theory.coherence_law import coherence_cdf, coherence_quantile, pair_tail


@pytest.mark.parametrize("dimension", [2, 3, 4, 27, 576, 4608])
def test_tails_are_those_of_the_beta_distribution(dimension):
    for value in (-0.5, 0.0, 0.02, 0.1, 0.3, 0.9, 1.0):
        half = (dimension - 1) / 2
        expected = stats.beta.sf((1 + value) / 2, half, half)
        if expected == 0 or expected > 1e-100:
            assert pair_tail(value, dimension) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("vectors, channels", [(16, 1), (24, 3), (64, 8)])
def test_sampled_filters_follow_the_law(vectors, channels):
    """Their ranks in it are uniform."""
    random = torch.Generator().manual_seed(0)
    ranks = []
    for _ in range(300):
        filters = unit_norm(gaussian_filters((vectors, channels, 3, 3), random))
        absolute, signed = coherences(filters)
        dimension = 9 * channels
        ranks.append([coherence_cdf(absolute, vectors, dimension)])
        ranks[-1].append(coherence_cdf(signed, vectors, dimension, signed=True))
    for column in np.transpose(ranks):
        assert stats.kstest(column, "uniform").pvalue > 0.01


def test_two_vectors_have_the_law_of_their_pair():
    assert coherence_cdf(0.3, 2, 5, signed=True) == pytest.approx(1 - pair_tail(0.3, 5))
    assert coherence_cdf(0.3, 2, 5) == pytest.approx(1 - 2 * pair_tail(0.3, 5))
    assert coherence_cdf(-0.1, 2, 5) == 0
    assert coherence_cdf(-0.1, 2, 5, signed=True) == pytest.approx(pair_tail(0.1, 5))


def test_quantiles_are_the_inverse():
    for probability in (0.025, 0.5, 0.975):
        value = coherence_quantile(probability, 64, 576, signed=True)
        assert coherence_cdf(value, 64, 576, signed=True) == pytest.approx(probability)
    assert coherence_quantile(0.0, 64, 576) == pytest.approx(0, abs=1e-9)
