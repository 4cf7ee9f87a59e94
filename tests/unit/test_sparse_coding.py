"""The l1 solver: its gap bounds the true error, and Algorithm 2 keeps to the model."""

import numpy as np
import pytest
import torch

from cnninvert.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.model_sparsity import ModelProjection, is_model_sparse
from cnninvert.sparse_coding import lambda_max, recover_codes, relative_gap, sparse_coding


@pytest.fixture
def problem(random):
    w = Convolution(unit_norm(gaussian_filters((10, 4, 3, 3), random, torch.float64)), padding=1)
    return w, torch.randn(5, 4, 8, 8, generator=random, dtype=torch.float64)


def objective(w, x, z, lam):
    residual = (x - w.adjoint(z, x.shape[-1])).flatten(1).square().sum(1)
    return residual / 2 + lam * z.flatten(1).abs().sum(1)


def coordinate_descent(matrix, x, lam, sweeps=3000):
    """An independent reference for min 1/2 |x - A z|^2 + lam |z|_1, one coordinate at a time."""
    z, residual = np.zeros(matrix.shape[1]), x.copy()
    energy = (matrix**2).sum(0)
    for _ in range(sweeps):
        largest = 0.0
        for j in range(len(z)):
            target = matrix[:, j] @ residual + energy[j] * z[j]
            new = np.sign(target) * max(abs(target) - lam, 0) / energy[j]
            if new != z[j]:
                residual += matrix[:, j] * (z[j] - new)
                largest = max(largest, abs(new - z[j]))
                z[j] = new
        if largest < 1e-12:
            break
    return (residual @ residual) / 2 + lam * np.abs(z).sum()


def test_agrees_with_coordinate_descent(random):
    w = Convolution(unit_norm(gaussian_filters((5, 2, 3, 3), random, torch.float64)), padding=1)
    x = torch.randn(1, 2, 5, 5, generator=random, dtype=torch.float64)
    lam = 0.1 * lambda_max(w, x)
    units = torch.eye(5 * 25, dtype=torch.float64).view(-1, 5, 5, 5)
    matrix = w.adjoint(units, 5).flatten(1).T.numpy()
    expected = coordinate_descent(matrix, x.flatten().numpy(), lam.item())
    found = sparse_coding(w, x, 0.1, tolerance=1e-9, max_iterations=20000)
    assert found.converged.all()
    assert objective(w, x, found.z, lam).item() == pytest.approx(expected, rel=1e-7)


def test_the_gap_bounds_the_true_excess(problem):
    w, x = problem
    lam = 0.05 * lambda_max(w, x)
    best = objective(w, x, sparse_coding(w, x, 0.05, tolerance=1e-10, max_iterations=20000).z, lam)
    for iterations in (0, 5, 20, 100):
        rough = sparse_coding(w, x, 0.05, tolerance=1e-14, max_iterations=iterations)
        value = objective(w, x, rough.z, lam)
        assert (value - best <= rough.gap * value + 1e-12).all()


def test_a_batch_gives_what_its_samples_give_alone(problem):
    w, x = problem
    together = sparse_coding(w, x, 0.1, tolerance=1e-4, lipschitz=5.0)
    alone = [sparse_coding(w, sample[None], 0.1, tolerance=1e-4, lipschitz=5.0) for sample in x]
    assert torch.allclose(together.z, torch.cat([codes.z for codes in alone]), atol=1e-10)
    assert together.iterations.tolist() == [int(codes.iterations) for codes in alone]


def test_samples_converge_one_by_one(problem):
    w, x = problem
    codes = sparse_coding(w, x, 0.1, tolerance=1e-4)
    assert codes.converged.all()
    assert len(set(codes.iterations.tolist())) > 1
    again = relative_gap(w, x, codes.z, 0.1 * lambda_max(w, x))
    assert torch.allclose(again, codes.gap)


def test_at_lambda_max_the_code_is_zero(problem):
    w, x = problem
    codes = sparse_coding(w, x, 1.0)
    assert not codes.z.any()
    assert codes.iterations.tolist() == [0] * len(x)


def test_a_zero_signal_has_a_zero_code(problem):
    w, x = problem
    codes = sparse_coding(w, torch.zeros_like(x), 0.1)
    assert not codes.z.any()
    assert codes.converged.all()


def test_lambda_zero_is_refused(problem):
    with pytest.raises(ValueError, match="lambda_fraction"):
        sparse_coding(*problem, 0.0)


def test_the_support_is_kept_and_the_restricted_problem_solved(problem, random):
    w, x = problem
    support = torch.rand(w(x).shape, generator=random) < 0.2
    codes = sparse_coding(w, x, 0.01, support=support, tolerance=1e-6, max_iterations=5000)
    assert codes.converged.all()
    assert not codes.z[~support].any()
    lam = 0.01 * lambda_max(w, x, support)
    nearby = codes.z + 1e-3 * torch.randn(codes.z.shape, generator=random) * support
    assert (objective(w, x, codes.z, lam) <= objective(w, x, nearby, lam)).all()


def test_the_limit_of_iterations_is_reported(problem):
    codes = sparse_coding(*problem, 0.01, tolerance=1e-12, max_iterations=7)
    assert not codes.converged.any()
    assert codes.iterations.tolist() == [7] * 5


def test_algorithm_2_gives_model_sparse_codes(problem):
    w, x = problem
    codes, free = recover_codes(w, x, ModelProjection(2), 0.05, tolerance=1e-5, max_iterations=5000)
    assert is_model_sparse(codes.z, 2)
    assert codes.converged.all() and free.converged.all()
    lam = 0.05 * lambda_max(w, x)
    # Refitting on the support is no worse than the free solution's values there.
    projected = ModelProjection(2)(free.z)
    assert (objective(w, x, codes.z, lam) <= objective(w, x, projected, lam) * (1 + 1e-9)).all()


def test_cuda_agrees_with_cpu(random, device):
    torch.backends.cudnn.allow_tf32 = False
    w = Convolution(unit_norm(gaussian_filters((10, 4, 3, 3), random)), padding=1)
    x = torch.randn(2, 4, 8, 8, generator=random)
    expected = sparse_coding(w, x, 0.1, lipschitz=5.0, tolerance=1e-4).z
    there = Convolution(w.filters.to(device), padding=1)
    found = sparse_coding(there, x.to(device), 0.1, lipschitz=5.0, tolerance=1e-4).z.cpu()
    assert torch.allclose(found, expected, atol=1e-3)
