"""Algorithm 1 in its variants, and Proposition 1."""

import pytest
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection, is_model_sparse, sample_codes
from cnninvert.operators.norms import norms
from cnninvert.solvers.conjugate_gradients import on_support
from cnninvert.solvers.iht import VARIANTS, iht
from cnninvert.solvers.one_step import one_step


def bank(channels, filters, size, random):
    """A valid 3 x 3 Gaussian bank with rows of unit norm, for signals of side ``size``."""
    rows = gaussian_filters((filters, channels, 3, 3), random, torch.float64)
    return Convolution(unit_norm(rows), size)


def sampled(w, density, random, codes=4):
    """Model-sparse codes, their signals, and the projection that knows how sparse they are."""
    filters, *shifts = w.code_shape
    k = round(density * torch.Size(w.code_shape).numel())
    z = sample_codes(codes, filters, shifts, 2, k, random).double()
    return z, w.adjoint(z), ModelProjection(2, k=k)


def test_a_feed_forward_layer_is_the_first_step(random):
    """The normalised step differs in length alone, which it chooses best; pursuit does better."""
    w = Convolution(unit_norm(gaussian_filters((8, 4, 3, 3), random, torch.float64)), 8, padding=1)
    x = torch.randn(3, 4, 8, 8, generator=random, dtype=torch.float64)
    project = ModelProjection(2, magnitude="signed")
    x_hat = one_step(w, x, project)
    unit, normalised, pursuit = (iht(w, x, project, 1, name).errors[0] for name in VARIANTS)
    assert torch.allclose(unit, norms(x - x_hat) / norms(x))
    cosine = (x * x_hat).flatten(1).sum(1) / (norms(x) * norms(x_hat))
    assert torch.allclose(normalised, (1 - cosine**2).sqrt())
    assert (pursuit < normalised).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_orthonormal_basis_needs_one_step(variant, random):
    basis, _ = torch.linalg.qr(torch.randn(24, 24, generator=random, dtype=torch.float64))
    w = Convolution(basis.view(24, 24, 1), 1)
    z = sample_codes(5, 24, (1,), None, 7, random).double()
    found = iht(w, w.adjoint(z), ModelProjection(None, k=7), 3, variant)
    assert torch.allclose(found.codes, z, atol=1e-12)
    assert found.errors[0].max() < 1e-12
    assert found.iterations.max() <= 2  # one more, to see that nothing changes


@pytest.mark.parametrize("variant", VARIANTS)
def test_exact_recovery_where_it_is_promised(variant, random):
    """Few non-zeros and long random filters: W^T is nearly an isometry on the model."""
    w = Convolution(unit_norm(gaussian_filters((32, 64, 5), random, torch.float64)), 32)
    z = sample_codes(10, 32, (28,), None, 3, random).double()
    found = iht(
        *(w, w.adjoint(z), ModelProjection(None, k=3), 80, variant),
        tolerance=1e-14,
        cg_tolerance=1e-12,
    )
    assert found.errors[-1].max() < 1e-10
    assert torch.allclose(found.codes, z, atol=1e-8)
    assert not found.diverged.any()


@pytest.mark.parametrize("density", [0.1, 0.2])
def test_the_unit_step_diverges_where_the_others_recover(density, random):
    """A square Gaussian bank, as many filters as channels."""
    w = bank(16, 16, 12, random)
    z, x, project = sampled(w, density, random)
    unit = iht(w, x, project, 60, "unit")
    assert unit.diverged.all() and unit.errors[-1].isinf().all()
    assert (unit.iterations < 60).all()
    # What is given back is the best that there was, and finite.
    assert torch.allclose(norms(x - w.adjoint(unit.codes)) / norms(x), unit.errors.amin(0))
    for variant in ("normalised", "pursuit"):
        found = iht(w, x, project, 60, variant)
        assert not found.diverged.any()
        assert (norms(found.codes - z) / norms(z)).max() < 1e-3


def test_pursuit_needs_fewer_steps(random):
    w = bank(16, 16, 12, random)
    _, x, project = sampled(w, 0.05, random)
    steps = {name: iht(w, x, project, 100, name).iterations.max() for name in VARIANTS[1:]}
    assert steps["pursuit"] < steps["normalised"] < 100


@pytest.mark.parametrize("project", [ModelProjection(2), ModelProjection(3, share=0.3)])
def test_the_normalised_step_never_increases_the_residual(project, random):
    """On signals that no sparse code explains, with filters far from a tight frame."""
    filters = gaussian_filters((24, 6, 3, 3), random, torch.float64) + 0.3
    w = Convolution(7 * unit_norm(filters), 9, padding=1)
    x = torch.randn(4, 6, 9, 9, generator=random, dtype=torch.float64)
    errors = iht(w, x, project, 40, "normalised").errors
    assert (errors.diff(dim=0) <= 1e-12).all()
    assert errors[-1].max() < errors[0].min()
    assert iht(w, x, project, 40, "unit").diverged.all()


def test_the_residual_of_pursuit_is_orthogonal_to_its_support(random):
    w = bank(6, 12, 9, random)
    x = torch.randn(4, 6, 9, 9, generator=random, dtype=torch.float64)
    project = ModelProjection(2, share=0.3)
    codes = iht(w, x, project, 4, "pursuit", cg_tolerance=1e-10, cg_iterations=500).codes
    correlation = w(x - w.adjoint(codes))
    assert correlation[codes != 0].abs().max() < 1e-8
    assert correlation.abs().max() > 0.1  # elsewhere


def test_least_squares_on_a_support_are_those_of_the_matrix(random):
    """Conjugate gradients need no more iterations than there are unknowns: eight."""
    w = bank(3, 4, 6, random)
    x = torch.randn(3, 3, 6, 6, generator=random, dtype=torch.float64)
    z = ModelProjection(2, share=0.5)(torch.randn(3, 4, 4, 4, generator=random).double())
    found, residual = on_support(w, x, z, x - w.adjoint(z), 1e-13, 8)
    rows = w.adjoint(torch.eye(64, dtype=torch.float64).view(64, 4, 4, 4)).flatten(1)
    for sample in range(3):
        support = z[sample].flatten() != 0
        wanted = torch.linalg.lstsq(rows[support].T, x[sample].flatten()).solution
        assert torch.allclose(found[sample].flatten()[support], wanted)
        assert not found[sample].flatten()[~support].any()
    assert torch.allclose(residual, x - w.adjoint(found))


PROJECTIONS = [
    ModelProjection(region, switches, magnitude, **kept)
    for region in (2, 3, None)
    for switches in ("known", "fixed")
    for magnitude in ("signed", "absolute")
    for kept in ({}, {"k": 5}, {"share": 0.4})
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_projection_gives_model_sparse_codes_and_no_nan(variant, random):
    w = bank(4, 12, 9, random)
    x = torch.randn(2, 4, 9, 9, generator=random, dtype=torch.float64)
    x[1] = 0  # of which nothing can be recovered
    for project in PROJECTIONS:
        found = iht(w, x, project, 6, variant, measure=lambda z, _: norms(z))
        assert is_model_sparse(found.codes, project.region, project.k), project
        assert found.codes.isfinite().all()
        assert not found.errors.isnan().any() and not found.measured.isnan().any()
        residual = norms(x - w.adjoint(found.codes)) / norms(x).clamp_min(1e-300)
        expected = torch.minimum(found.errors.amin(0), torch.tensor([1.0, 0.0]))
        assert torch.allclose(residual, expected), project
        assert found.iterations[1] == 1 and not found.codes[1].any()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_batch_gives_what_its_samples_give_alone(variant, random):
    """Also where one sample settles early and another one diverges."""
    w = bank(16, 16, 12, random)
    z, x, project = sampled(w, 0.06, random)
    easy = ModelProjection(2, k=2)(z)  # two non-zeros only
    x = torch.cat([x, w.adjoint(easy[:1]), 1e-3 * x[:1]])
    together = iht(w, x, project, 30, variant)
    alone = [iht(w, sample[None], project, 30, variant) for sample in x]
    assert torch.allclose(together.codes, torch.cat([each.codes for each in alone]), atol=1e-10)
    assert together.iterations.tolist() == [each.iterations.item() for each in alone]
    assert together.diverged.tolist() == [each.diverged.item() for each in alone]
    assert together.iterations.unique().numel() > 1


@pytest.mark.parametrize("scale", [1e15, 1e30])
@pytest.mark.parametrize("variant", VARIANTS)
def test_an_overflow_is_divergence_and_never_nan(variant, scale, random):
    """Filters so large that float32 cannot hold their responses' squares, or W^T W x itself."""
    w = Convolution(scale * gaussian_filters((16, 4, 3, 3), random), 8, padding=1)
    x = torch.randn(2, 4, 8, 8, generator=random)
    found = iht(w, x, ModelProjection(2), 50, variant, measure=lambda z, _: norms(z))
    assert found.diverged.all() == (variant == "unit" or scale == 1e30)
    assert found.codes.isfinite().all()
    assert not found.errors.isnan().any() and not found.measured.isnan().any()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_input_that_is_not_finite_is_refused(bad, random):
    w, x = bank(2, 4, 6, random), torch.ones(2, 2, 6, 6, dtype=torch.float64)
    x[1, 0, 2, 3] = bad
    with pytest.raises(ValueError, match="the signals hold NaN or infinite values"):
        iht(w, x, ModelProjection(2), 3)
    w.filters[0, 0, 0, 0] = bad
    with pytest.raises(ValueError, match="the filters hold"):
        iht(w, torch.ones_like(x), ModelProjection(2), 3)


@pytest.mark.parametrize(("steps", "variant"), [(0, "unit"), (3, "newton")])
def test_no_steps_or_an_unknown_kind_are_refused(steps, variant, random):
    x = torch.ones(1, 2, 6, 6, dtype=torch.float64)
    with pytest.raises(ValueError, match="of unit, normalised, pursuit"):
        iht(bank(2, 4, 6, random), x, ModelProjection(2), steps, variant)


def test_proposition_1(random):
    """An orthonormal basis and its negative, through a ReLU: perfect reconstruction."""
    basis, _ = torch.linalg.qr(torch.randn(24, 24, generator=random, dtype=torch.float64))
    psi = torch.cat([basis, -basis]).view(48, 24, 1)
    x = torch.randn(5, 24, 1, generator=random, dtype=torch.float64)
    w = Convolution(psi, 1)
    hidden = w(x).relu()
    assert torch.allclose(w.adjoint(hidden), x, atol=1e-13)


@pytest.mark.parametrize("variant", VARIANTS)
def test_filters_that_are_trained_elsewhere_make_no_difference(variant, random):
    filters = unit_norm(gaussian_filters((8, 4, 3, 3), random))
    x = torch.randn(1, 4, 6, 6, generator=random)
    expected, found = (
        iht(Convolution(bank, 6), x, ModelProjection(), 3, variant).codes
        for bank in (filters, filters.clone().requires_grad_())
    )
    assert torch.equal(found, expected) and not found.requires_grad
