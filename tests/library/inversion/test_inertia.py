"""Ranks that are estimated by Lanczos quadrature, against all singular values."""

import math

import pytest
import torch
from torch import nn

from cnninvert import trace
from cnninvert.inversion.equations import Equations
from cnninvert.inversion.horizon import numerical_rank, singular_values
from cnninvert.inversion.inertia import positive_share, rank_shares, step_count
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.lanczos import lanczos

PLAIN = Preprocessing(12, (0.5,) * 3, (0.25,) * 3)
FLOORS = (0.3, 0.1, 0.01)


def equations(layer):
    torch.manual_seed(0)
    first = (nn.Conv2d(3, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    second = (nn.Conv2d(24, 8, 3, padding=1), nn.ReLU())
    net = trace(nn.Sequential(*first, *second).double().requires_grad_(False), 12)
    picture = torch.rand(
        1, 3, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )
    return Equations(net, layer, picture, PLAIN, switches=False)


@pytest.mark.parametrize(("layer", "more"), [("1", True), ("4", False)])
def test_estimated_ranks_are_those_of_all_singular_values(layer, more):
    known = equations(layer)
    pixels = known.picture.numel()
    assert (len(known) > pixels) == more
    values = singular_values(known.jacobian())
    for rank in rank_shares(known, FLOORS, probes=16, steps=150):
        exact = numerical_rank(values, rank.floor) / pixels
        assert rank.share == pytest.approx(exact, abs=4 * rank.error + 0.01)


def test_the_transposed_jacobian_is_the_jacobian_transposed():
    known = equations("4")
    generator = torch.Generator().manual_seed(2)
    weights = torch.randn(2, len(known), dtype=torch.float64, generator=generator)
    expected = (weights @ known.jacobian()).view(2, 3, 12, 12)
    assert torch.allclose(known.transposed(weights), expected)


@pytest.mark.parametrize("layer", ["1", "4"])
@pytest.mark.parametrize("steps", [4, 50])
def test_it_calls_back_as_often_as_it_says(layer, steps):
    known, calls = equations(layer), []
    rank_shares(known, FLOORS, probes=1, steps=steps, callback=lambda: calls.append(1))
    assert len(calls) == step_count(known, FLOORS, steps)


def test_one_probe_has_no_standard_error():
    (rank,) = rank_shares(equations("4"), [0.1], probes=1, steps=20)
    assert math.isnan(rank.error)


def test_quadrature_is_exact_for_polynomials_of_its_degree():
    generator = torch.Generator().manual_seed(0)
    root = torch.randn(9, 9, dtype=torch.float64, generator=generator)
    matrix = root @ root.T
    start = torch.randn(3, 9, dtype=torch.float64, generator=generator)
    nodes, weights = lanczos(lambda x: x @ matrix, start, 4)
    unit = start / start.norm(dim=1, keepdim=True)
    for power in range(8):  # 2 m - 1 = 7
        exact = torch.einsum("bi,ij,bj->b", unit, torch.linalg.matrix_power(matrix, power), unit)
        assert torch.allclose((weights * nodes**power).sum(1), exact)


def test_lanczos_ends_well_in_an_invariant_space():
    start = torch.tensor([[1.0, 1.0, 0.0, 0.0]], dtype=torch.float64)
    scale = torch.tensor([1.0, 3.0, 5.0, 7.0], dtype=torch.float64)
    nodes, weights = lanczos(lambda x: scale * x, start, 4)
    assert nodes.isfinite().all()
    assert (weights * nodes).sum().item() == pytest.approx(2)
    assert (weights * nodes**5).sum().item() == pytest.approx((1 + 3**5) / 2)


@pytest.mark.parametrize(("nodes", "share"), [([1.0, 2.0], 1.0), ([-2.0, -1.0], 0.0)])
def test_spectra_on_one_side_of_zero(nodes, share):
    found = positive_share(torch.tensor([nodes]), torch.tensor([[0.5, 0.5]]))
    assert found.item() == share
