"""Theorem 3.3 on matrices whose constants are known."""

import math

import pytest
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection, sample_codes
from cnninvert.operators.norms import norms
from cnninvert.solvers.one_step import one_step
from cnninvert.theory.bounds import recovery_bound


def test_theorem_3_3_bounds_the_error_of_one_step():
    """On a matrix small enough for the true delta: the maximum over all supports."""
    random = torch.Generator().manual_seed(3)
    w = Convolution(unit_norm(gaussian_filters((6, 200, 1), random, torch.float64)), 1)
    rows = w.adjoint(torch.eye(6, dtype=torch.float64).view(6, 6, 1)).flatten(1)
    gram = rows @ rows.T

    def delta(k):
        subsets = torch.combinations(torch.arange(6), k)
        values = [torch.linalg.eigvalsh(gram[s][:, s]) - 1 for s in subsets]
        return torch.stack(values).abs().max().item()

    bound = recovery_bound(delta(2), delta(4))
    z = sample_codes(200, 6, (1,), None, 2, random).double()
    x = w.adjoint(z)
    errors = norms(one_step(w, x, ModelProjection(None, k=2)) - x) / norms(x)
    assert bound < math.inf
    assert errors.max() <= bound


@pytest.mark.parametrize(("delta_k", "delta_2k"), [(0.5, 1.0), (0.2, 1.3), (0.4, 0.3)])
def test_the_bound_is_void_outside_its_assumptions(delta_k, delta_2k):
    assert recovery_bound(delta_k, delta_2k) == math.inf


def test_the_bound_vanishes_for_an_isometry():
    assert recovery_bound(0, 0) == 0
