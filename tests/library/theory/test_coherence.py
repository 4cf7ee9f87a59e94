"""Coherence is the largest off-diagonal entry of W W^T."""

import pytest
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.theory.coherence import coherence


def all_rows(w):
    """W written out."""
    count = torch.Size(w.code_shape).numel()
    units = torch.eye(count, dtype=torch.float64).view(-1, *w.code_shape)
    return w.adjoint(units).flatten(1)


@pytest.mark.parametrize("signed", [False, True])
def test_over_shifts_agrees_with_the_explicit_matrix(signed, random):
    filters = unit_norm(gaussian_filters((4, 2, 3, 3), random, torch.float64))
    rows = all_rows(Convolution(filters, 7))  # enough places for every relative shift
    gram = (rows @ rows.T).fill_diagonal_(0)
    expected = (gram if signed else gram.abs()).max().item()
    assert coherence(filters, shifts=True, signed=signed) == pytest.approx(expected)


def test_shifts_are_multiples_of_the_stride(random):
    filters = unit_norm(gaussian_filters((3, 2, 3, 3), random, torch.float64))
    rows = all_rows(Convolution(filters, 9, stride=2))
    gram = (rows @ rows.T).fill_diagonal_(0).abs()
    assert coherence(filters, shifts=True, stride=2) == pytest.approx(gram.max().item())


@pytest.mark.parametrize("taps, size, stride", [((3, 3), 9, (2, 1)), ((5,), 16, 1), ((5,), 16, 2)])
def test_each_axis_has_its_stride_and_there_may_be_one(taps, size, stride, random):
    filters = unit_norm(gaussian_filters((3, 2, *taps), random, torch.float64))
    w = Convolution(filters, size, stride=stride)
    rows = all_rows(w)
    gram = (rows @ rows.T).fill_diagonal_(0).abs()
    assert coherence(filters, shifts=True, stride=w.stride) == pytest.approx(gram.max().item())


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


@pytest.mark.parametrize("taps", [(3, 1), (1, 3), (5, 3)])
def test_filters_need_not_be_square(taps, random):
    filters = unit_norm(torch.randn(3, 2, *taps, generator=random, dtype=torch.float64))
    w = Convolution(filters, size=9)
    codes = torch.eye(w(torch.zeros(1, *w.signal_shape, dtype=torch.float64)).numel())
    rows = w.adjoint(codes.double().view(-1, *w.code_shape)).flatten(1)
    expected = (rows @ rows.T).fill_diagonal_(0).abs().max()
    assert coherence(filters, shifts=True) == pytest.approx(float(expected))
