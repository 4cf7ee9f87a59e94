"""The l1 solver against coordinate descent on the explicit matrix: 1e-6 of the objective.

The reference is written here, in numpy and float64, and stops on a duality gap of its own.
"""

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cnninvert.operators.convolution import Convolution, gaussian_filters
from cnninvert.solvers.lasso import lambda_max
from cnninvert.solvers.sparse_coding import sparse_coding

AGREEMENT = 1e-6  # of the objective
SOLVER = {"tolerance": 2e-7, "max_iterations": 20_000}
# A failing example is not shrunk, which would take minutes of iterations up to the limit.
deterministic = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)


@st.composite
def problems(draw):
    """A float64 operator, two signals and a share of lambda_max."""
    dimensions = draw(st.sampled_from([1, 2]))
    boundary = draw(st.sampled_from(["valid", "same", "circular"]))
    taps = draw(st.sampled_from([1, 3] if boundary != "valid" else [1, 2, 3]))
    size = draw(st.integers(taps, 12 if dimensions == 1 else 5))
    stride = draw(st.sampled_from([1, 2] if boundary != "circular" else [1]))
    channels = draw(st.integers(1, 3))
    filters = draw(st.integers(1, 4))
    random = torch.Generator().manual_seed(draw(st.integers(0, 2**32 - 1)))
    bank = gaussian_filters((filters, channels, *[taps] * dimensions), random, torch.float64)
    if draw(st.booleans()) and filters > 1:
        bank[1] = bank[0]
    padding = 0 if boundary == "valid" else taps // 2
    w = Convolution(bank, size, stride, padding, circular=boundary == "circular")
    x = torch.randn(2, channels, *[size] * dimensions, generator=random, dtype=torch.float64)
    scale = draw(st.sampled_from([1.0, 1e-3, 1e3]))
    return w, scale * x, draw(st.floats(0.003, 1))


@pytest.fixture
def small(random):
    w = Convolution(gaussian_filters((3, 2, 3), random, torch.float64), 6, padding=1)
    return w, torch.randn(2, 2, 6, generator=random, dtype=torch.float64)


def explicit(w: Convolution, x: torch.Tensor) -> np.ndarray:
    """(M D..., K n...): the matrix of W^T, column by column."""
    count = torch.Size(w.code_shape).numel()
    units = torch.eye(count, dtype=torch.float64).view(-1, *w.code_shape)
    matrix = w.adjoint(units).flatten(1).T
    assert torch.allclose(w(x).flatten(1), x.flatten(1) @ matrix)
    return matrix.numpy()


def reference(matrix, x, lam, nonnegative=False, allowed=None) -> float:
    """The least objective, by coordinate descent to a relative duality gap of 1e-9."""
    allowed = np.ones(matrix.shape[1], bool) if allowed is None else allowed
    matrix = matrix[:, allowed & (matrix != 0).any(0)]
    gram, correlation = matrix.T @ matrix, matrix.T @ x
    z, gradient = np.zeros(matrix.shape[1]), -correlation
    for sweep in range(100_000):
        if sweep % 10 == 0:
            residual = x - matrix @ z
            primal = residual @ residual / 2 + lam * np.abs(z).sum()
            response = matrix.T @ residual
            largest = (response if nonnegative else np.abs(response)).max(initial=0)
            theta = min(1, lam / largest if largest > 0 else 1) * residual
            if primal - (x @ x - (x - theta) @ (x - theta)) / 2 <= 1e-9 * primal:
                return primal
        for j in range(len(z)):
            target = z[j] - gradient[j] / gram[j, j]
            threshold = lam / gram[j, j]
            new = max(target - threshold, 0.0)
            if not nonnegative:
                new += min(target + threshold, 0.0)
            if new != z[j]:
                gradient += gram[j] * (new - z[j])
                z[j] = new
    raise AssertionError("the reference did not converge")


def objective(w, x, z, lam):
    residual = (x - w.adjoint(z)).flatten(1).square().sum(1)
    return residual / 2 + lam * z.flatten(1).abs().sum(1)


def check(w, x, lam, codes, nonnegative=False, support=None):
    """``codes`` reach the reference's objective, for each sample."""
    assert codes.converged.all()
    matrix = explicit(w, x)
    found = objective(w, x, codes.codes, lam)
    for number, signal in enumerate(x):
        allowed = None if support is None else support[number].flatten().numpy()
        best = reference(matrix, signal.flatten().numpy(), lam[number].item(), nonnegative, allowed)
        assert found[number].item() == pytest.approx(best, rel=AGREEMENT, abs=1e-300)


@deterministic
@given(problems())
def test_a_share_of_lambda_max(problem):
    w, x, fraction = problem
    check(w, x, fraction * lambda_max(w, x), sparse_coding(w, x, fraction, **SOLVER))


@deterministic
@given(problems(), st.integers(0, 1000))
def test_on_a_support(problem, seed):
    w, x, fraction = problem
    random = torch.Generator().manual_seed(seed)
    support = torch.rand(w(x).shape, generator=random) < 0.4
    support[:, :, 0] = True
    codes = sparse_coding(w, x, fraction, support=support, **SOLVER)
    assert not codes.codes[~support].any()
    check(w, x, fraction * lambda_max(w, x, support), codes, support=support)


def test_on_an_empty_support_the_code_is_zero(small):
    w, x = small
    support = torch.ones(w(x).shape, dtype=torch.bool)
    support[0] = False
    codes = sparse_coding(w, x, 0.1, support=support, **SOLVER)
    assert codes.converged.all()
    assert not codes.codes[0].any()
    check(w, x, 0.1 * lambda_max(w, x, support), codes, support=support)


@deterministic
@given(problems(), st.floats(0.003, 2))
def test_an_absolute_lambda_for_each_sample(problem, share):
    w, x, fraction = problem
    lam = torch.tensor([fraction, share], dtype=torch.float64) * lambda_max(w, x)
    codes = sparse_coding(w, x, lam=lam, **SOLVER)
    if share > 1:
        assert not codes.codes[1].any()
    check(w, x, lam, codes)


@deterministic
@given(problems(), st.booleans())
def test_non_negative_codes(problem, supported):
    w, x, fraction = problem
    lam = fraction * lambda_max(w, x)
    random = torch.Generator().manual_seed(0)
    support = torch.rand(w(x).shape, generator=random) < 0.6 if supported else None
    codes = sparse_coding(w, x, lam=lam, nonnegative=True, support=support, **SOLVER)
    assert (codes.codes >= 0).all()
    check(w, x, lam, codes, nonnegative=True, support=support)


@deterministic
@given(problems())
def test_a_warm_start_changes_nothing(problem):
    w, x, fraction = problem
    start = torch.randn(w(x).shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype)
    codes = sparse_coding(w, x, fraction, start=start, **SOLVER)
    check(w, x, fraction * lambda_max(w, x), codes)


@deterministic
@given(problems())
def test_zero_signals_have_zero_codes(problem):
    w, x, fraction = problem
    x[0] = 0
    codes = sparse_coding(w, x, fraction, **SOLVER)
    assert codes.converged.all()
    assert not codes.codes[0].any()
    assert codes.codes.isfinite().all() and codes.gap.isfinite().all()


@deterministic
@given(problems(), st.floats(1, 1e6))
def test_above_lambda_max_codes_are_zero(problem, factor):
    w, x, _ = problem
    codes = sparse_coding(w, x, lam=1.001 * factor * lambda_max(w, x), **SOLVER)
    assert not codes.codes.any()
    assert codes.converged.all()


@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.5, float("nan")])
def test_shares_outside_of_0_to_1_are_refused(small, fraction):
    with pytest.raises(ValueError, match="lambda"):
        sparse_coding(*small, fraction)


@pytest.mark.parametrize("lam", [0.0, -1.0, float("nan"), torch.tensor([1.0, 0.0])])
def test_absolute_lambdas_that_are_not_positive_are_refused(small, lam):
    with pytest.raises(ValueError, match="lam"):
        sparse_coding(*small, lam=lam)


@pytest.mark.parametrize("lambdas", [{}, {"lambda_fraction": 0.1, "lam": 1.0}])
def test_one_lambda_is_wanted(small, lambdas):
    with pytest.raises(ValueError, match="lam"):
        sparse_coding(*small, **lambdas)
