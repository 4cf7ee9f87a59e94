"""Coherence is the largest off-diagonal entry of W W^T."""

import pytest
import torch

from cnninvert.coherence import coherence
from cnninvert.convolution import Convolution, gaussian_filters, unit_norm


@pytest.mark.parametrize("signed", [False, True])
def test_over_shifts_agrees_with_the_explicit_matrix(signed, random):
    filters = unit_norm(gaussian_filters((4, 2, 3, 3), random, torch.float64))
    w = Convolution(filters)
    n = w.output_size(7)  # enough places for every relative shift
    rows = w.adjoint(torch.eye(4 * n * n, dtype=torch.float64).view(-1, 4, n, n), 7).flatten(1)
    gram = (rows @ rows.T).fill_diagonal_(0)
    expected = (gram if signed else gram.abs()).max().item()
    assert coherence(filters, shifts=True, signed=signed) == pytest.approx(expected)


def test_shifts_are_multiples_of_the_stride(random):
    filters = unit_norm(gaussian_filters((3, 2, 3, 3), random, torch.float64))
    w = Convolution(filters, stride=2)
    n = w.output_size(9)
    rows = w.adjoint(torch.eye(3 * n * n, dtype=torch.float64).view(-1, 3, n, n), 9).flatten(1)
    gram = (rows @ rows.T).fill_diagonal_(0).abs()
    assert coherence(filters, shifts=True, stride=2) == pytest.approx(gram.max().item())


def test_identical_filters_are_fully_coherent(random):
    filters = unit_norm(gaussian_filters((3, 2, 3, 3), random))
    filters[2] = filters[0]
    assert coherence(filters) == pytest.approx(1)
    filters[2] = -filters[0]
    assert coherence(filters) == pytest.approx(1)
    assert coherence(filters, signed=True) < 0.999


def test_an_orthonormal_bank_has_none(random):
    rows, _ = torch.linalg.qr(torch.randn(18, 18, generator=random, dtype=torch.float64))
    assert coherence(rows.view(18, 2, 3, 3)) < 1e-12
