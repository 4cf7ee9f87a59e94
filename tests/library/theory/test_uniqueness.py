"""Bounds by coherence, on dictionaries small enough to look at whole."""

import itertools

import pytest
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.theory.coherence import coherences
from cnninvert.theory.frame_bounds import frame_bounds
from cnninvert.theory.uniqueness import stripe_sparsity, unique_sparsity
from cnninvert.theory.welch import convolutional_welch_bound, welch_bound


def dense(filters: torch.Tensor, side: int, stride: int = 1) -> torch.Tensor:
    """W of a circular convolution as a matrix: a row a filter and place."""
    k, m, taps, _ = filters.shape
    wide = side * stride
    row = filters.new_zeros(k, m, wide, wide)
    row[..., :taps, :taps] = filters
    shifts = itertools.product(range(side), repeat=2)
    return torch.cat([row.roll((i * stride, j * stride), (2, 3)) for i, j in shifts]).flatten(1)


@pytest.mark.parametrize(
    "shape, stride", [((12, 3, 3, 3), 1), ((5, 3, 3, 3), 1), ((9, 2, 3, 3), 2)]
)
def test_frame_bounds_are_the_extreme_eigenvalues(shape, stride):
    filters = gaussian_filters(shape, torch.Generator().manual_seed(0), torch.float64)
    w = dense(filters, 4, stride)
    values = torch.linalg.eigvalsh(w.T @ w)
    low, high = frame_bounds(filters, (stride, stride), side=4)
    assert low == pytest.approx(max(float(values[0]), 0.0), abs=1e-9)
    assert high == pytest.approx(float(values[-1]))


@pytest.mark.parametrize("size, stride", [(8, 1), (16, 2)])
def test_frame_bounds_of_one_axis_with_the_operators_stride(size, stride):
    filters = gaussian_filters((9, 2, 3), torch.Generator().manual_seed(0), torch.float64)
    taps = torch.nn.functional.pad(filters, (0, size - 3))
    rows = [taps.roll(i * stride, 2) for i in range(size // stride)]
    w = torch.cat(rows).flatten(1)
    values = torch.linalg.eigvalsh(w.T @ w)
    low, high = frame_bounds(filters, Convolution(filters, size, stride=stride).stride)
    assert (low, high) == pytest.approx((float(values[0]), float(values[-1])))


def test_filters_larger_than_the_torus_are_refused():
    with pytest.raises(ValueError, match="11 x 11 do not fit on a torus of 8 x 8; raise side"):
        frame_bounds(torch.ones(1, 1, 11, 11))


def test_few_non_zeros_are_unique():
    """Fewer than the bound: no other code so sparse has the same signal, whichever the support."""
    random = torch.Generator().manual_seed(0)
    filters = unit_norm(gaussian_filters((3, 8, 2, 2), random, torch.float64))
    w = dense(filters, 3)
    mu = float((w @ w.T).fill_diagonal_(0).abs().max())
    most = int(unique_sparsity(mu - 1e-9))
    assert most >= 1
    # Uniqueness of k non-zeros: any 2k rows are linearly independent.
    for rows in itertools.islice(itertools.combinations(range(len(w)), 2 * most), 0, None, 7):
        assert torch.linalg.matrix_rank(w[list(rows)]) == 2 * most


def test_a_stripe_is_what_overlaps_a_place():
    """All the rows of W that are not orthogonal to the row in the middle by their places."""
    w = Convolution(torch.ones(2, 1, 3, 3), size=11, stride=2)
    impulse = torch.zeros(1, *w.code_shape)
    impulse[0, 0, 2, 2] = 1
    overlapping = w(w.adjoint(impulse)) != 0
    assert stripe_sparsity(overlapping.float(), reach=2).tolist() == [int(overlapping.sum())]


def test_stripes_of_one_axis_are_intervals():
    z = torch.zeros(2, 3, 9)
    z[0, :, 4] = z[0, 0, 7] = z[1, 1, ::3] = 1
    assert stripe_sparsity(z, reach=2).tolist() == [3, 1]
    assert stripe_sparsity(z, reach=3).tolist() == [4, 2]


@pytest.mark.parametrize("channels, stride", [(1, 1), (2, 1), (1, 2)])
def test_no_filters_are_below_the_bounds(channels, stride):
    """Neither random ones, nor a harmonic frame, which reaches the first."""
    random = torch.Generator().manual_seed(0)
    filters = unit_norm(gaussian_filters((24, channels, 3, 3), random, torch.float64))
    same, _ = coherences(filters)
    assert same > welch_bound(24, 9 * channels)
    shifted, _ = coherences(filters, shifts=True, stride=stride)
    redundancy = 24 / (channels * stride**2)
    overlapping = 24 * (2 * -(-3 // stride) - 1) ** 2
    assert shifted > convolutional_welch_bound(redundancy, overlapping) > 0
    angles = 2 * torch.pi * torch.arange(3) / 3
    frame = torch.stack([angles.cos(), angles.sin()], 1).view(3, 2, 1, 1)
    assert coherences(frame)[0] == pytest.approx(welch_bound(3, 2), abs=1e-6)
