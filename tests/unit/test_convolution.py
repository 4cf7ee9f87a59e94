"""W and W^T are what section 2.2 says."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnninvert.convolution import Convolution, gaussian_filters, unit_norm


@st.composite
def layers(draw):
    """Filters (K, M, l...), a size that they fit in, stride and padding."""
    dimensions = draw(st.sampled_from([1, 2]))
    taps = draw(st.integers(1, 5))
    stride = draw(st.integers(1, 3))
    padding = draw(st.integers(0, taps - 1))
    size = draw(st.integers(max(1, taps - 2 * padding), 12))
    channels = draw(st.tuples(st.integers(1, 5), st.integers(1, 4)))
    return (*channels, *[taps] * dimensions), size, stride, padding


@settings(max_examples=60, deadline=None)
@given(layers())
def test_adjointness(layer):
    check_adjointness(*layer, torch.device("cpu"))


def test_adjointness_on_each_device(device):
    check_adjointness((5, 2, 3, 3), 9, 2, 1, device)


def check_adjointness(shape, size, stride, padding, device):
    random = torch.Generator().manual_seed(1)
    w = Convolution(gaussian_filters(shape, random, torch.float64).to(device), stride, padding)
    x = torch.randn(2, shape[1], *[size] * w.dimensions, generator=random, dtype=torch.float64)
    x = x.to(device)
    response = w(x)
    assert response.shape[-1] == w.output_size(size)
    z = torch.randn(response.shape, generator=random, dtype=torch.float64).to(device)
    back = w.adjoint(z, size)
    assert back.shape == x.shape
    assert torch.allclose((response * z).sum(), (x * back).sum(), rtol=1e-10, atol=1e-10)


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
