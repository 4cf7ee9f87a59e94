"""The library on each device there is: what it finds on a GPU is what it finds on the CPU."""

import pytest
import torch

from cnninvert import invert, observe, trace
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection, sample_codes
from cnninvert.solvers.iht import VARIANTS, iht
from cnninvert.solvers.one_step import one_step
from cnninvert.solvers.sparse_coding import sparse_coding


@pytest.fixture
def banks(device, random) -> tuple[Convolution, Convolution]:
    """The same filters on the CPU and on the device."""
    rows = unit_norm(gaussian_filters((32, 6, 3, 3), random, torch.float64))
    return tuple(Convolution(filters, 8, padding=1) for filters in (rows, rows.to(device)))


@pytest.fixture
def x(banks, random):
    """Signals of model-sparse codes, on the CPU."""
    z = sample_codes(4, 32, banks[0].code_shape[1:], 2, 40, random).double()
    return banks[0].adjoint(z)


@pytest.mark.parametrize("variant", VARIANTS)
def test_iht(variant, banks, x, device):
    project = ModelProjection(2, k=40)
    expected, found = (
        iht(bank, signals, project, 5, variant)
        for bank, signals in zip(banks, (x, x.to(device)), strict=True)
    )
    assert torch.allclose(found.errors.cpu(), expected.errors, rtol=1e-6)
    assert torch.allclose(found.codes.cpu(), expected.codes, atol=1e-6)


def test_one_step(banks, x, device):
    here, there = banks
    project = ModelProjection(2)
    assert torch.allclose(one_step(there, x.to(device), project).cpu(), one_step(here, x, project))


def test_sparse_coding(banks, x, device):
    expected, found = (
        sparse_coding(bank, signals, lambda_fraction=0.1, tolerance=1e-8)
        for bank, signals in zip(banks, (x, x.to(device)), strict=True)
    )
    assert torch.allclose(found.codes.cpu(), expected.codes, atol=1e-4)


@pytest.mark.parametrize("known", ["values and switches", "values"])
def test_inversion(known, device, random):
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(3, 24, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)
    )
    x, plain = torch.rand(3, 3, 8, 8, generator=random), Preprocessing(8, (0.0,) * 3, (1.0,) * 3)
    errors = []
    for place in (torch.device("cpu"), device):
        network = trace(layers.to(place), 8)
        about = observe(network, x.to(place), "2", switches="switches" in known)
        found = invert(network, about, plain, evaluations=20)
        errors.append(found.value_errors.cpu())
    assert torch.allclose(*errors, rtol=0.05)
