"""The l1 solver: its gap bounds the true error, and Algorithm 2 keeps to the model."""

from dataclasses import replace

import pytest
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection, is_model_sparse
from cnninvert.operators.torus import Torus
from cnninvert.solvers.algorithm2 import recover_codes
from cnninvert.solvers.filter_bank import PreparedFilterBank
from cnninvert.solvers.lasso import Lasso, lambda_max
from cnninvert.solvers.sparse_coding import sparse_coding


@pytest.fixture
def problem(random):
    w = Convolution(unit_norm(gaussian_filters((10, 4, 3, 3), random, torch.float64)), 8, padding=1)
    return w, torch.randn(5, 4, 8, 8, generator=random, dtype=torch.float64)


def objective(w, x, z, lam):
    residual = (x - w.adjoint(z)).flatten(1).square().sum(1)
    return residual / 2 + lam * z.flatten(1).abs().sum(1)


def test_the_gap_bounds_the_true_excess(problem):
    w, x = problem
    lam = 0.05 * lambda_max(w, x)
    best = objective(
        w, x, sparse_coding(w, x, 0.05, tolerance=1e-10, max_iterations=20000).codes, lam
    )
    for iterations in (0, 5, 20, 100):
        rough = sparse_coding(w, x, 0.05, tolerance=1e-14, max_iterations=iterations)
        value = objective(w, x, rough.codes, lam)
        assert (value - best <= rough.gap * value + 1e-12).all()


def test_a_batch_gives_what_its_samples_give_alone(problem):
    w, x = problem
    together = sparse_coding(w, x, 0.1, tolerance=1e-9)
    alone = [sparse_coding(w, sample[None], 0.1, tolerance=1e-9) for sample in x]
    assert torch.allclose(together.codes, torch.cat([codes.codes for codes in alone]), atol=1e-5)


def test_samples_converge_one_by_one(problem):
    w, x = problem
    codes = sparse_coding(w, x, 0.1, tolerance=1e-4)
    assert codes.converged.all()
    assert len(set(codes.iterations.tolist())) > 1
    again = Lasso(w, x, 0.1 * lambda_max(w, x)).gap(codes.codes)
    assert torch.allclose(again, codes.gap)


def test_at_lambda_max_the_code_is_zero(problem):
    w, x = problem
    codes = sparse_coding(w, x, 1.0)
    assert not codes.codes.any()
    assert codes.iterations.tolist() == [0] * len(x)


def test_a_zero_signal_has_a_zero_code(problem):
    w, x = problem
    codes = sparse_coding(w, torch.zeros_like(x), 0.1)
    assert not codes.codes.any()
    assert codes.converged.all()


def test_lambda_zero_is_refused(problem):
    with pytest.raises(ValueError, match="lambda_fraction"):
        sparse_coding(*problem, 0.0)


def test_the_support_is_kept_and_the_restricted_problem_solved(problem, random):
    w, x = problem
    support = torch.rand(w(x).shape, generator=random) < 0.2
    codes = sparse_coding(w, x, 0.01, support=support, tolerance=1e-6, max_iterations=5000)
    assert codes.converged.all()
    assert not codes.codes[~support].any()
    lam = 0.01 * lambda_max(w, x, support)
    nearby = codes.codes + 1e-3 * torch.randn(codes.codes.shape, generator=random) * support
    assert (objective(w, x, codes.codes, lam) <= objective(w, x, nearby, lam)).all()


def test_the_limit_of_iterations_is_reported(problem):
    codes = sparse_coding(*problem, 0.01, tolerance=1e-12, max_iterations=7)
    assert not codes.converged.any()
    assert codes.iterations.tolist() == [7] * 5


def test_algorithm_2_gives_model_sparse_codes(problem):
    w, x = problem
    codes, free = recover_codes(w, x, ModelProjection(2), 0.05, tolerance=1e-5, max_iterations=5000)
    assert is_model_sparse(codes.codes, 2)
    assert codes.converged.all() and free.converged.all()
    lam = 0.05 * lambda_max(w, x)
    # Refitting on the support is no worse than the free solution's values there.
    projected = ModelProjection(2)(free.codes)
    assert (objective(w, x, codes.codes, lam) <= objective(w, x, projected, lam) * (1 + 1e-9)).all()


@pytest.fixture
def correlated(random):
    """A bank with a common part, as learned filters have it: the largest eigenvalue is 70."""
    bank = gaussian_filters((12, 6, 3, 3), random, torch.float64)
    w = Convolution(unit_norm(bank + 0.2), 7, padding=1)
    return w, torch.randn(4, 6, 7, 7, generator=random, dtype=torch.float64).relu()


def test_ill_conditioned_banks_take_few_iterations(correlated):
    w, x = correlated
    prepared = PreparedFilterBank(w)
    assert prepared.condition > 40
    for fraction in (0.1, 0.01):
        codes = sparse_coding(w, x, fraction, prepared=prepared)
        assert codes.converged.all()
        assert codes.iterations.max() < 450


@pytest.mark.parametrize("splitting", ["forward-backward", "Douglas-Rachford"])
@pytest.mark.parametrize("nonnegative", [False, True])
@pytest.mark.parametrize("supported", [False, True])
def test_both_splittings_find_the_solution(
    correlated, random, monkeypatch, splitting, nonnegative, supported
):
    w, x = correlated
    support = torch.rand(w(x).shape, generator=random) < 0.3 if supported else None
    options = {"nonnegative": nonnegative, "support": support, "max_iterations": 20_000}
    best = sparse_coding(w, x, 0.05, tolerance=1e-9, **options)
    limit = 1e9 if splitting == "forward-backward" else 0.0
    monkeypatch.setattr("cnninvert.solvers.filter_bank.WELL_CONDITIONED", limit)
    codes = sparse_coding(w, x, 0.05, tolerance=1e-6, **options)
    assert codes.converged.all() and best.converged.all()
    lam = 0.05 * lambda_max(w, x, support, nonnegative)
    values = objective(w, x, codes.codes, lam), objective(w, x, best.codes, lam)
    assert torch.allclose(*values, rtol=1e-6)


def test_without_a_torus_the_solution_is_the_same(correlated):
    w, x = correlated
    plain = PreparedFilterBank(w, largest_torus=0)
    assert plain.condition > 40
    options = {"tolerance": 1e-6, "max_iterations": 20_000}
    codes = sparse_coding(w, x, 0.05, prepared=plain, **options)
    usual = sparse_coding(w, x, 0.05, **options)
    assert codes.converged.all() and (codes.iterations > usual.iterations).all()
    lam = 0.05 * lambda_max(w, x)
    values = objective(w, x, codes.codes, lam), objective(w, x, usual.codes, lam)
    assert torch.allclose(*values, rtol=1e-5)


@pytest.mark.parametrize("iterations", [0, 1])
@pytest.mark.parametrize("limit", [1e9, 0.0])
def test_a_warm_start_is_where_the_work_begins(correlated, monkeypatch, limit, iterations):
    monkeypatch.setattr("cnninvert.solvers.filter_bank.WELL_CONDITIONED", limit)
    w, x = correlated
    solved = sparse_coding(w, x, 0.05, tolerance=1e-9, max_iterations=20_000).codes
    again = sparse_coding(w, x, 0.05, start=solved, tolerance=0.0, max_iterations=iterations)
    assert (again.gap < 1e-6).all()
    assert torch.allclose(again.codes, solved, atol=1e-4)


def test_the_callback_sees_the_gaps_fall(correlated):
    w, x = correlated
    seen = []
    codes = sparse_coding(w, x, 0.1, callback=lambda iteration, gap: seen.append((iteration, gap)))
    assert seen[0][0] == 0 and seen[-1][0] == codes.iterations.max()
    assert torch.equal(seen[-1][1], codes.gap)
    assert (seen[-1][1] < seen[0][1]).all()


def test_signals_that_are_not_finite_are_refused(problem):
    w, x = problem
    x[0, 0, 0, 0] = torch.nan
    with pytest.raises(ValueError, match="finite"):
        sparse_coding(w, x, 0.1)


@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_the_filters_scale_does_not_matter(correlated, scale):
    w, x = correlated
    scaled = Convolution(scale * w.filters, 7, padding=1)
    codes = [sparse_coding(each, x, 0.1, tolerance=1e-7) for each in (w, scaled)]
    assert codes[1].converged.all()
    assert torch.allclose(codes[0].codes, scale * codes[1].codes, atol=1e-2)


def test_zero_signals_do_not_spoil_a_batch(correlated):
    w, x = correlated
    x[:3] = 0
    codes = sparse_coding(w, x, 0.1)
    assert codes.converged.all()
    assert not codes.codes[:3].any() and codes.codes[3].any()


def test_zero_signals_do_not_spoil_algorithm_2(correlated):
    w, x = correlated
    x[0] = 0
    codes, free = recover_codes(w, x, ModelProjection(), 0.1)
    assert codes.converged.all() and free.converged.all()
    assert not codes.codes[0].any() and codes.codes[1:].flatten(1).any(1).all()
    with pytest.raises(ValueError, match="lambda_fraction = 2 is not in"):
        recover_codes(w, x, ModelProjection(), 2)


def test_filters_that_have_changed_since_they_were_prepared_are_refused(problem):
    w, x = problem
    prepared = PreparedFilterBank(w)
    before = sparse_coding(w, x, 0.1, prepared=prepared).codes
    w.filters.mul_(2)  # as a training would
    with pytest.raises(ValueError, match="prepared for another"):
        sparse_coding(w, x, 0.1, prepared=prepared)
    w.filters.div_(2)
    assert torch.equal(sparse_coding(w, x, 0.1, prepared=prepared).codes, before)


def test_the_start_is_left_as_it_was(problem):
    w, x = problem
    start = sparse_coding(w, x, 0.2).codes
    kept = start.clone()
    sparse_coding(w, x, 0.1, start=start)
    assert torch.equal(start, kept)


def test_what_cannot_be_solved_is_refused(problem):
    w, x = problem
    support = torch.ones(w(x).shape, dtype=torch.bool)
    for message, arguments in {
        "another filter bank or signal size": {"prepared": PreparedFilterBank(replace(w, size=7))},
        "prepared for another": {"prepared": PreparedFilterBank(replace(w, filters=-w.filters))},
        "support is boolean": {"support": support.double()},
        "shape of the codes": {"support": support[:1]},
        "the start is": {"start": torch.zeros(1)},
        "is negative": {"max_iterations": -1},
    }.items():
        with pytest.raises(ValueError, match=message):
            sparse_coding(w, x, 0.1, **arguments)
    with pytest.raises(ValueError, match=r"signals are \(B, 4, 8, 8\)"):
        sparse_coding(w, x[..., :5], 0.1)
    with pytest.raises(ValueError, match="all axes must have the same"):
        sparse_coding(replace(w, size=(8, 5)), x[..., :5], 0.1)
    with pytest.raises(ValueError, match="both float32"):
        sparse_coding(w, x.float(), 0.1)
    with pytest.raises(ValueError, match="both float32"):
        recover_codes(w, x.float(), ModelProjection(), 0.1)
    single = PreparedFilterBank(replace(w, filters=w.filters.float()))
    with pytest.raises(ValueError, match="prepared for another"):
        sparse_coding(replace(w, filters=w.filters.float().double()), x, 0.1, prepared=single)
    with pytest.raises(ValueError, match="all zero"):
        sparse_coding(replace(w, filters=0 * w.filters), x, 0.1)
    with pytest.raises(ValueError, match="one for each of 5"):
        sparse_coding(w, x, lam=torch.ones(3))


@pytest.mark.parametrize(
    "stride, padding, taps, size", [(1, 1, 3, 6), (2, 0, 3, 9), (4, 2, 11, 23), (1, 2, 2, 4)]
)
def test_the_torus_is_the_convolution(random, stride, padding, taps, size):
    w = Convolution(torch.randn(3, 2, taps, taps, generator=random).double(), size, stride, padding)
    torus = Torus(w)
    z = torch.randn(2, *w.code_shape, generator=random).double()
    spectrum = torus.times(torus.forward(torus.code(z)), torus.matrices)
    there = torus.backward(spectrum) * torus.inside
    assert torch.allclose(there, torus.signal(w.adjoint(z)))
    x = torch.randn(2, *w.signal_shape, generator=random).double()
    signal = torus.forward(torus.signal(x))
    code = torus.times(signal, torus.matrices, adjoint=True)
    assert torch.allclose(torus.crop(torus.backward(code)), w(x))
    ridged = torus.times(code, torus.matrices) + 0.3 * signal
    assert torch.allclose(torus.times(ridged, torus.inverse_gram(0.3)), signal)


def test_cuda_agrees_with_cpu(random, device):
    torch.backends.cudnn.allow_tf32 = False
    w = Convolution(unit_norm(gaussian_filters((10, 4, 3, 3), random)), 8, padding=1)
    x = torch.randn(2, 4, 8, 8, generator=random)
    expected = sparse_coding(w, x, 0.1, tolerance=1e-4).codes
    there = Convolution(w.filters.to(device), 8, padding=1)
    found = sparse_coding(there, x.to(device), 0.1, tolerance=1e-4).codes.cpu()
    assert torch.allclose(found, expected, atol=1e-3)
