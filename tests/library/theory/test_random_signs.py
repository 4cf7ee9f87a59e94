"""Codes with random signs are as near to an isometry as the filters' cross-correlations say."""

import numpy as np
import pytest
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import sample_codes
from cnninvert.theory.random_signs import (
    flipped_ratios,
    ratio_density,
    ratio_moments,
    square_variance,
)
from cnninvert.theory.rip import isometry_ratio


def bank(random, outputs, inputs, length, size, stride=1, coherent=0.0):
    """Unit-norm filters with a common part of the share ``coherent``: those are correlated."""
    filters = gaussian_filters((outputs, inputs, length, length), random, torch.float64)
    return Convolution(unit_norm(filters + coherent * filters[:1]), size, stride)


def explicit_variance(w, z):
    """2 sum_{i != j} p_i p_j G_ij^2, with all rows of W written out."""
    rows = w.adjoint(torch.eye(z[0].numel(), dtype=z.dtype).view(-1, *z.shape[1:])).flatten(1)
    gram = (rows @ rows.T).fill_diagonal_(0)
    shares = z.flatten(1).square()
    shares = shares / shares.sum(1, keepdim=True)
    return 2 * torch.einsum("bi,ij,bj->b", shares, gram**2, shares)


@pytest.mark.parametrize(("length", "stride"), [(3, 1), (2, 1), (5, 2), (3, 3), (4, 3), (1, 1)])
def test_the_variance_agrees_with_the_explicit_matrix(length, stride, random):
    w = bank(random, 4, 2, length, 4 * stride + length, stride, coherent=0.5)
    z = torch.randn(3, 4, 5, 5, generator=random, dtype=torch.float64)
    z = z * (torch.rand(z.shape, generator=random) < 0.3)
    expected = explicit_variance(w, z)
    assert torch.allclose(square_variance(w, z), expected)


def test_there_may_be_one_axis(random):
    filters = unit_norm(gaussian_filters((4, 2, 3), random, torch.float64))
    w = Convolution(filters, 11, stride=2)
    z = torch.randn(3, 4, 5, generator=random, dtype=torch.float64)
    assert torch.allclose(square_variance(w, z), explicit_variance(w, z))


@pytest.mark.parametrize(("coherent", "widest"), [(0.0, 0.05), (3.0, 0.15)])
def test_mean_and_spread_agree_with_monte_carlo(coherent, widest, random):
    w = bank(random, 24, 8, 3, 10, coherent=coherent)
    z = sample_codes(2, 24, (8, 8), 2, 60, random).double()
    variance = square_variance(w, z)
    mean, spread = ratio_moments(variance)
    drawn = flipped_ratios(w, z, 4000, random)
    assert torch.allclose((drawn**2).mean(1), torch.ones(2).double(), atol=0.02)
    assert torch.allclose((drawn**2).var(1), variance, rtol=0.15)
    assert torch.allclose(drawn.mean(1), mean, atol=0.005)
    assert torch.allclose(drawn.std(1), spread, rtol=0.06)
    assert widest / 2 < spread.max() < widest


@pytest.mark.parametrize("k", [10, 100])
def test_random_codes_spread_as_an_even_support_does_whatever_their_density(k, random):
    """Figure 3 (a), from the filters alone."""
    w = bank(random, 16, 8, 3, 14)
    z = sample_codes(2000, 16, (12, 12), 2, k, random).double()
    predicted = ratio_moments(square_variance(w, torch.ones_like(z[:1])))[1]
    assert isometry_ratio(w, z).std().item() == pytest.approx(predicted.item(), rel=0.1)


def test_flipping_changes_signs_only(random):
    w = bank(random, 4, 2, 3, 7)
    alone = torch.zeros(1, 4, 5, 5, dtype=torch.float64)
    alone[0, 2, 1, 3] = -3.0
    assert torch.allclose(flipped_ratios(w, alone, 5, random), torch.ones(1, 5).double())
    assert square_variance(w, alone).item() == 0


def test_signs_that_the_filters_conspire_with_leave_the_predicted_spread(random):
    """Of equal filters the positive code is the least isometric one."""
    w = Convolution(torch.full((6, 1, 3, 3), 1 / 3, dtype=torch.float64), 10)
    z = sample_codes(1, 6, (8, 8), 2, 40, random).double().abs()
    _, spread = ratio_moments(square_variance(w, z))
    assert isometry_ratio(w, z).item() > 1 + 3 * spread.item()


@pytest.mark.parametrize("variance", [1e-5, 1e-3, 0.1, 1.0])
def test_the_density_has_the_predicted_moments(variance):
    mean, spread = ratio_moments(torch.tensor([variance]))
    ratios = np.linspace(1e-6, 6, 2_000_001)
    density = ratio_density(ratios, variance) * (ratios[1] - ratios[0])
    assert density.sum() == pytest.approx(1, abs=1e-5)
    assert (density * ratios**2).sum() == pytest.approx(1, abs=1e-5)
    assert (density * ratios).sum() == pytest.approx(mean.item(), abs=1e-5)
    found = (density * (ratios - mean.item()) ** 2).sum() ** 0.5
    assert found == pytest.approx(spread.item(), rel=1e-3)


def test_a_padded_convolution_is_refused(random):
    filters = bank(random, 2, 1, 3, 4).filters
    with pytest.raises(ValueError, match="padded"):
        square_variance(Convolution(filters, 4, padding=1), torch.ones(1, 2, 4, 4).double())


@pytest.mark.parametrize("variance", [7e-6, 1.1e-5, 3.3e-5, 1e-2])
def test_the_density_is_one_in_all(variance):
    ratios = np.linspace(1 - 5 * variance**0.5, 1 + 5 * variance**0.5, 20_001)
    ratios = ratios[ratios > 0]
    assert np.trapezoid(ratio_density(ratios, variance), ratios) == pytest.approx(1, abs=1e-4)
