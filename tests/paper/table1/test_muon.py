"""Muon's directions are orthogonal, its filters keep their norm, and it learns."""

from copy import deepcopy

import pytest
import torch

from paper.table1.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(8, 27), (27, 8), (6, 2)])
def test_directions_are_nearly_orthogonal(shape, random):
    matrix = torch.randn(shape, generator=random)
    found = orthogonal(matrix)
    assert found.shape == matrix.shape
    assert torch.linalg.svdvals(found).sub(1).abs().max() < 0.45
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    # As near to U V^T as singular values within 0.45 of 1 can be.
    assert (found - u @ v).norm() < 0.3 * (u @ v).norm()
    assert torch.equal(orthogonal(3 * matrix).round(decimals=4), found.round(decimals=4))


def test_filters_keep_their_norm_and_turn_against_the_gradient(random):
    filters = torch.randn(6, 2, 3, 3, generator=random).requires_grad_()
    gradient = torch.randn(filters.shape, generator=random)
    before = filters.detach() * 6**0.5 / filters.detach().norm()
    filters.grad = gradient
    Muon([filters], lr=0.1).step()
    step = filters.detach() - before
    assert (step * gradient).sum() < 0
    assert step.norm() == pytest.approx(0.1 * 6**0.5, rel=0.2)


def test_a_loaded_state_goes_on_in_the_same_way(random):
    def steps(optimiser, filters, count):
        for _ in range(count):
            filters.grad = filters.detach().roll(1, 0)
            optimiser.step()

    start = torch.randn(4, 2, 3, 3, generator=random)
    whole = start.clone().requires_grad_()
    one = Muon([whole], 0.1)
    steps(one, whole, 2)
    again = whole.detach().clone().requires_grad_()
    other = Muon([again], 0.1)
    other.load_state_dict(deepcopy(one.state_dict()))
    steps(one, whole, 2)
    steps(other, again, 2)
    assert torch.equal(whole, again)
