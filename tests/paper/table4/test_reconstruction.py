"""The readings of Table 4 are the combinations they name."""

import numpy as np
import pytest
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.operators.norms import norms
from cnninvert.solvers.one_step import one_step
from iht.measure_iht import errors_by_step
from paper.table4.readings import Reading, readings
from paper.table4.reconstruction import reconstruct, relative_errors, scale_to
from paper.table4.reconstructions import one_step_reconstructions


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
    w = Convolution(unit_norm(filters), 8, padding=1)
    expected = scale_to(one_step(w, x, ModelProjection(2, magnitude="signed")), x)
    assert torch.allclose(reconstruct(x, filters, Reading(), density=0.1), expected)


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("switches", ["known", "fixed"])
def test_readings_are_one_iht_step_with_their_projection(switches, padding, size, x, filters):
    x = x[:, :, :size, :size]
    w = Convolution(unit_norm(filters), size, padding=int(padding == "same"))
    for maximum, k, share in (("signed", "all", None), ("absolute", "regions", 0.3)):
        reading = Reading(padding, maximum=maximum, switches=switches, k=k)
        project = ModelProjection(2, switches, maximum, share)
        expected = scale_to(one_step(w, x, project), x)
        assert torch.allclose(reconstruct(x, filters, reading, density=0.3), expected)


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


@pytest.mark.parametrize("maximum", ["signed", "absolute"])
def test_the_first_of_many_iht_steps_is_table_4s(maximum, x, filters):
    """The unit and the normalised step differ by a factor, which the scaling undoes."""
    reading = Reading(maximum=maximum)
    expected = relative_errors(x, filters, density=1.0)[reading].numpy()
    settings = {"steps": 2, "pursuit_steps": 1, "cg_tolerance": 0.01, "cg_iterations": 3}
    for variant, steps in (("unit", 2), ("normalised", 2), ("pursuit", 1)):
        table = errors_by_step(x, filters, reading, variant, settings)
        assert len(table) == steps * len(x)
        first = table[table["step"] == 1].set_index("image")["error"]
        if variant == "pursuit":
            assert (first < expected).all()
        else:
            assert np.allclose(first, expected)


def test_what_table_4_decodes(random):
    """One x^ of the norm of x for each bank and kind of switches, and noise of its own."""
    x = torch.randn(1, 6, 8, 8, generator=random).relu()
    banks = {kind: gaussian_filters((12, 6, 3, 3), random) for kind in ("learned", "gaussian")}
    found = dict(one_step_reconstructions(x, banks, "pool2", seed=0, image=3))
    assert list(found) == [
        *("noise", "learned_known", "gaussian_known", "learned_fixed", "gaussian_fixed")
    ]
    for x_hat in found.values():
        assert torch.allclose(norms(x_hat), norms(x))
    expected = reconstruct(x, banks["gaussian"], Reading(switches="fixed"), density=1.0)
    assert torch.equal(found["gaussian_fixed"], expected)
    other = dict(one_step_reconstructions(x, banks, "pool2", seed=0, image=4, switches=("known",)))
    assert list(other) == list(found)[:3]
    assert torch.equal(other["learned_known"], found["learned_known"])
    assert not torch.equal(other["noise"], found["noise"])
