"""W and W^T are what section 2.2 says."""

import pytest
import torch

from cnninvert.convolution import Convolution, gaussian_filters, unit_norm

CASES = [
    # filters (K, M, l...), size, stride, padding
    ((6, 3, 5), 17, 1, 0),
    ((6, 3, 5), 17, 3, 0),
    ((6, 3, 5), 18, 2, 2),
    ((5, 2, 3, 3), 9, 1, 0),
    ((5, 2, 3, 3), 8, 1, 1),
    ((5, 2, 3, 3), 10, 2, 1),
    ((4, 3, 5, 5), 12, 3, 0),
]


@pytest.mark.parametrize(("shape", "size", "stride", "padding"), CASES)
def test_adjointness(shape, size, stride, padding, random, device):
    w = Convolution(gaussian_filters(shape, random, torch.float64).to(device), stride, padding)
    x = torch.randn(2, shape[1], *[size] * w.dimensions, generator=random, dtype=torch.float64)
    x = x.to(device)
    response = w(x)
    assert response.shape[-1] == w.output_size(size)
    z = torch.randn(response.shape, generator=random, dtype=torch.float64).to(device)
    back = w.adjoint(z, size)
    assert back.shape == x.shape
    assert torch.allclose((response * z).sum(), (x * back).sum(), rtol=1e-12)


def test_rows_of_the_valid_matrix_have_unit_norm(random):
    w = Convolution(unit_norm(gaussian_filters((4, 3, 3, 3), random, torch.float64)))
    n = w.output_size(6)
    units = torch.eye(4 * n * n, dtype=torch.float64).view(-1, 4, n, n)
    rows = w.adjoint(units, 6).flatten(1)
    assert torch.allclose(rows.norm(dim=1), torch.ones(len(rows), dtype=torch.float64))


def test_gaussian_filters_have_unit_norm_in_the_mean(random):
    norms = gaussian_filters((2000, 8, 3, 3), random).flatten(1).square().sum(1)
    assert norms.mean().item() == pytest.approx(1, abs=0.02)


def test_largest_eigenvalue_agrees_with_the_explicit_matrix(random):
    w = Convolution(gaussian_filters((6, 3, 3, 3), random, torch.float64), padding=1)
    rows = w(torch.eye(3 * 36, dtype=torch.float64).view(-1, 3, 6, 6)).flatten(1)
    exact = torch.linalg.matrix_norm(rows, 2).square().item()
    assert w.largest_eigenvalue(6, iterations=500) == pytest.approx(exact, rel=1e-3)


def test_cuda_agrees_with_cpu(random, device):
    torch.backends.cudnn.allow_tf32 = False
    filters = gaussian_filters((8, 4, 3, 3), random)
    x = torch.randn(2, 4, 12, 12, generator=random)
    expected = Convolution(filters, padding=1)(x)
    found = Convolution(filters.to(device), padding=1)(x.to(device)).cpu()
    assert torch.allclose(found, expected, atol=1e-5)
