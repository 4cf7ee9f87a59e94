"""The readings of Table 4 are the combinations they name."""

import pytest
import torch

from cnninvert.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.iht import one_step
from cnninvert.model_sparsity import ModelProjection
from cnninvert.readings import Reading, readings
from cnninvert.reconstruction import reconstruct, relative_errors, scale_to
from cnninvert.rip import norms


@pytest.fixture
def x(random):
    return torch.randn(2, 6, 8, 8, generator=random, dtype=torch.float64).relu()


@pytest.fixture
def filters(random):
    return 3 * gaussian_filters((12, 6, 3, 3), random, torch.float64)


def test_names_are_unique():
    names = [str(reading) for reading in readings()]
    assert len(set(names)) == len(names) == 240


def test_the_default_is_one_iht_step(x, filters):
    w = Convolution(unit_norm(filters), padding=1)
    expected = scale_to(one_step(w, x, ModelProjection(2, magnitude="signed")), x)
    assert torch.allclose(reconstruct(x, filters, Reading(), density=0.1), expected)


def test_all_errors_are_those_of_single_readings(x, filters):
    errors = relative_errors(x, filters, density=0.1)
    for reading in list(readings())[::17]:
        x_hat = reconstruct(x, filters, reading, density=0.1)
        assert torch.allclose(errors[reading], norms(x - x_hat) / norms(x)), reading


def test_k_does_nothing_where_the_density_exceeds_a_quarter(x, filters):
    errors = relative_errors(x, filters, density=0.3)
    same = Reading(k="positions")
    assert torch.equal(errors[same], errors[Reading(k="all")])
    assert not torch.equal(errors[Reading(k="regions")], errors[Reading(k="all")])


def test_noise_of_the_same_norm_is_off_by_the_root_of_two(random):
    x = torch.randn(50, 400, generator=random).relu()
    noise = scale_to(torch.randn(50, 400, generator=random), x)
    assert torch.allclose(norms(noise), norms(x))
    assert (norms(x - noise) / norms(x)).mean().item() == pytest.approx(2**0.5, abs=0.02)
