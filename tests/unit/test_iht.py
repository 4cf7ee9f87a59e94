"""Algorithm 1, Proposition 1 and Theorem 3.3."""

import math

import pytest
import torch

from cnninvert.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.iht import iht, one_step, recovery_bound
from cnninvert.model_sparsity import ModelProjection, sample_codes
from cnninvert.rip import norms


def test_a_feed_forward_layer_is_the_first_step(random):
    w = Convolution(unit_norm(gaussian_filters((8, 4, 3, 3), random)), padding=1)
    x = torch.randn(3, 4, 8, 8, generator=random)
    project = ModelProjection(2)
    found = iht(w, x, project, steps=1, step_size=1.0)
    residual = norms(x - one_step(w, x, project)) / norms(x)
    assert torch.allclose(found.errors[0], residual)


def test_exact_recovery_where_it_is_promised(random):
    """Few non-zeros and long random filters: W^T is nearly an isometry on the model."""
    w = Convolution(unit_norm(gaussian_filters((32, 64, 5), random, torch.float64)))
    z = sample_codes(10, 32, (28,), None, 3, random).double()
    found = iht(w, w.adjoint(z, 32), ModelProjection(None, k=3), steps=50)
    assert found.errors[-1].max() < 1e-10
    assert torch.allclose(found.codes, z, atol=1e-8)
    assert not found.diverged.any()


def test_divergence_is_detected_and_never_returned_as_nan(random):
    w = Convolution(10 * gaussian_filters((16, 4, 3, 3), random), padding=1)
    x = torch.randn(2, 4, 8, 8, generator=random)
    found = iht(w, x, ModelProjection(2), steps=200)
    assert found.diverged.all()
    assert found.codes.isfinite().all()
    assert not found.errors.isnan().any()


def test_a_batch_gives_what_its_samples_give_alone(random):
    w = Convolution(unit_norm(gaussian_filters((12, 8, 3, 3), random, torch.float64)), padding=1)
    x = torch.randn(4, 8, 8, 8, generator=random, dtype=torch.float64)
    together = iht(w, x, ModelProjection(2, share=0.2), steps=5, step_size=0.5).codes
    alone = [iht(w, s[None], ModelProjection(2, share=0.2), 5, 0.5).codes for s in x]
    assert torch.allclose(together, torch.cat(alone), atol=1e-12)


def test_proposition_1(random):
    """An orthonormal basis and its negative, through a ReLU: perfect reconstruction."""
    basis, _ = torch.linalg.qr(torch.randn(24, 24, generator=random, dtype=torch.float64))
    psi = torch.cat([basis, -basis]).view(48, 24, 1)
    x = torch.randn(5, 24, 1, generator=random, dtype=torch.float64)
    w = Convolution(psi)
    hidden = w(x).relu()
    assert torch.allclose(w.adjoint(hidden, 1), x, atol=1e-13)


def test_theorem_3_3_bounds_the_error_of_one_step():
    """On a matrix small enough for the true delta: the maximum over all supports."""
    random = torch.Generator().manual_seed(3)
    w = Convolution(unit_norm(gaussian_filters((6, 200, 1), random, torch.float64)))
    rows = w.adjoint(torch.eye(6, dtype=torch.float64).view(6, 6, 1), 1).flatten(1)
    gram = rows @ rows.T

    def delta(k):
        subsets = torch.combinations(torch.arange(6), k)
        values = [torch.linalg.eigvalsh(gram[s][:, s]) - 1 for s in subsets]
        return torch.stack(values).abs().max().item()

    bound = recovery_bound(delta(2), delta(4))
    z = sample_codes(200, 6, (1,), None, 2, random).double()
    x = w.adjoint(z, 1)
    errors = norms(one_step(w, x, ModelProjection(None, k=2)) - x) / norms(x)
    assert bound < math.inf
    assert errors.max() <= bound


@pytest.mark.parametrize(("delta_k", "delta_2k"), [(0.5, 1.0), (0.2, 1.3), (0.4, 0.3)])
def test_the_bound_is_void_outside_its_assumptions(delta_k, delta_2k):
    assert recovery_bound(delta_k, delta_2k) == math.inf


def test_the_bound_vanishes_for_an_isometry():
    assert recovery_bound(0, 0) == 0
