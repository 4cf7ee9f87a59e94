"""The worst model-sparse codes, against enumeration."""

from itertools import combinations

import pytest
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection, is_model_sparse, sample_codes
from cnninvert.theory.rip import distortion, isometry_ratio
from cnninvert.theory.worst_codes import extreme_ratios, sum_projection, worst_distortion


def matrix(operator: Convolution) -> torch.Tensor:
    """W, (K n, M D)."""
    k, n = operator.code_shape
    codes = torch.eye(k * n, dtype=operator.filters.dtype).view(k * n, k, n)
    return operator.adjoint(codes).flatten(1)


@pytest.fixture
def operator():
    random = torch.Generator().manual_seed(0)
    filters = gaussian_filters((6, 2, 3), random, torch.float64)
    return Convolution(unit_norm(filters), size=6)


def test_the_worst_code_is_the_worst_of_all_supports(operator):
    """Four places a filter, one region each, k = 2: few enough to try them all."""
    gram = matrix(operator) @ matrix(operator).T
    k, n = operator.code_shape
    supports = [
        (a * n + i, b * n + j)
        for a, b in combinations(range(k), 2)
        for i in range(n)
        for j in range(n)
    ]
    values = torch.stack([torch.linalg.eigvalsh(gram[list(s)][:, list(s)]) for s in supports])
    expected = float(max(values.max() - 1, 1 - values.min()))
    starts = sample_codes(100, k, (n,), None, 2, torch.Generator().manual_seed(1)).double()
    found = worst_distortion(operator, ModelProjection(None, k=2), starts)
    assert found == pytest.approx(expected, rel=1e-3)
    assert found > distortion(isometry_ratio(operator, starts))


def test_ratios_only_become_more_extreme(operator):
    project = ModelProjection(None, k=3)
    k, n = operator.code_shape
    starts = sample_codes(10, k, (n,), None, 3, torch.Generator().manual_seed(2)).double()
    found = [extreme_ratios(operator, project, starts, steps) for steps in range(5)]
    lows, highs = zip(*found, strict=True)
    assert (torch.stack(lows).diff(dim=0) < 1e-9).all()
    assert (torch.stack(highs).diff(dim=0) > -1e-9).all()


def test_sums_of_two_codes_are_worse(operator):
    k, n = operator.code_shape
    starts = sample_codes(50, k, (n,), None, 2, torch.Generator().manual_seed(3)).double()
    one = worst_distortion(operator, ModelProjection(None, k=2), starts)
    starts = starts + starts.roll(1, 0)
    projected = sum_projection(None, 2)(starts)
    assert torch.equal(projected, starts)  # they are in the set already
    assert worst_distortion(operator, sum_projection(None, 2), starts) > one
    assert not is_model_sparse(projected, None)


def test_a_start_on_a_filter_of_zeros_hides_no_other(operator):
    operator.filters[0] = 0
    k, n = operator.code_shape
    starts = torch.zeros(2, k, n, dtype=torch.float64)
    starts[0, 0, 1] = starts[1, 1, 1] = starts[1, 2, 1] = 1
    project = ModelProjection(None, k=2)
    low, high = extreme_ratios(operator, project, starts)
    assert low[0] == high[0] == 0
    alone = [float(each) for each in extreme_ratios(operator, project, starts[1:])]
    assert [float(low[1]), float(high[1])] == pytest.approx(alone)
    found = worst_distortion(operator, project, starts)
    assert found == pytest.approx(max(1, float(high[1]) ** 2 - 1))


def test_a_start_of_zeros_is_refused(operator):
    with pytest.raises(ValueError, match="zero"):
        extreme_ratios(operator, ModelProjection(None, k=0), torch.ones(1, *operator.code_shape))


def cosines(side: int) -> torch.Tensor:
    """(side^2, 1, side, side): the two-dimensional cosine transform, Haar's wavelets for side 2."""
    n = torch.arange(side, dtype=torch.float64)
    rows = torch.cos(torch.pi / side * (n + 0.5) * n[:, None]) * (2 / side) ** 0.5
    rows[0] /= 2**0.5
    return torch.einsum("ai,bj->abij", rows, rows).reshape(side**2, 1, side, side)


@pytest.mark.parametrize("side", [2, 4, 8])
def test_wavelets_and_local_fourier_bases_are_isometries_in_blocks_only(side):
    """Section 3.2 names both. Orthonormal, with a stride of their size, their delta is 0; at every
    place, as a layer with stride 1 has them, they are far from it."""
    starts = torch.randn(4, side**2, 8, 8, generator=torch.Generator().manual_seed(4)).double()
    project = ModelProjection(2, k=12)
    blocks = Convolution(cosines(side), size=8 * side, stride=side)
    assert worst_distortion(blocks, project, starts) == pytest.approx(0, abs=1e-9)
    assert worst_distortion(Convolution(cosines(side), 7 + side), project, starts) > 0.5
