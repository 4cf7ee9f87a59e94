"""Inversion without a decoder: residuals, and whole pictures."""

from dataclasses import replace
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnninvert import invert, norms, observe, trace
from cnninvert.inversion.agreement import agreement
from cnninvert.inversion.known import Known
from cnninvert.inversion.misfit import Misfit, Residual
from cnninvert.inversion.phases import Phase, usual_phases
from cnninvert.networks.preprocessing import Preprocessing

PLAIN = Preprocessing(16, (0.0,) * 3, (1.0,) * 3)


def small(dtype=torch.float32, relu=True):
    """Two convolutions and poolings, with room for all that a picture holds."""
    torch.manual_seed(0)
    between = nn.ReLU(inplace=True) if relu else nn.Identity()
    layers = (nn.Conv2d(3, 24, 3, padding=1), between, nn.MaxPool2d(2))
    more = (nn.Conv2d(24, 48, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    return trace(nn.Sequential(*layers, *more).to(dtype).requires_grad_(False), 16)


def pictures(count=2, dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(count, 3, 4, 4, generator=generator, dtype=dtype)
    return F.interpolate(coarse, size=16, mode="bilinear")


def usual(network):
    return dict.fromkeys(network.layers, 1.0)


@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("relu", [False, True])
def test_nothing_is_wrong_with_the_picture_itself(relu, masks):
    network, x = small(relu=relu), pictures()
    known = observe(network, x, "5", masks=masks)
    misfit = Misfit(network, known, PLAIN, usual(network))
    assert all(term.squares().max() < 1e-10 for term in misfit.residuals(x))


def test_order_is_what_brute_force_finds():
    network, x, other = small(), pictures(1), pictures(3)[2:]
    known = observe(network, x, "2")
    misfit = Misfit(network, known, PLAIN, usual(network))
    terms = misfit.residuals(other)
    found = sum(term.squares() for term in terms if term.about == "order").item()
    with torch.no_grad():
        z = network.graph.get_submodule("0")(other)[0]
    expected = 0.0
    for c, i, j in torch.cartesian_prod(torch.arange(24), torch.arange(8), torch.arange(8)):
        region = z[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].flatten()
        value = known.values[0, c, i, j]
        expected += (region.clamp_min(0) - value).clamp_min(0).square().sum().item()
    assert found == pytest.approx(expected / known.values[0].numel(), rel=1e-4)


@pytest.mark.parametrize("switches", [True, False])
def test_derivatives_are_those_of_finite_differences(switches):
    network, x = small(torch.float64), pictures(1, torch.float64)
    known = observe(network, x, "5", switches=switches)
    misfit = Misfit(network, known, PLAIN, usual(network))

    def value(at):
        return sum(term.squares() for term in misfit.residuals(at, 0.03, 0.1)).sum()

    at = (0.5 * x + 0.2).requires_grad_()
    (gradient,) = torch.autograd.grad(value(at), at)
    generator = torch.Generator().manual_seed(2)
    direction = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    with torch.no_grad():
        change = (value(at + 1e-6 * direction) - value(at - 1e-6 * direction)) / 2e-6
    assert (gradient * direction).sum().item() == pytest.approx(change.item(), rel=1e-4)


@pytest.mark.parametrize(("layer", "error"), [("2", 0.05), ("5", 0.1)])
def test_a_picture_comes_back_from_values_and_switches(layer, error):
    # About half of the values are zero: there are hardly more equations than pixels, or fewer.
    network, x = small(), pictures()
    found = invert(network, observe(network, x, layer), PLAIN)
    assert found.converged.all() and (found.restarts == 0).all()
    assert (norms(found.pictures - x) / norms(x)).max() < error
    assert found.switch_errors.max() < 0.05


@torch.no_grad()
def test_it_works_where_gradients_are_off():
    network, x = small(), pictures()
    found = invert(network, observe(network, x, "2"), PLAIN, phases=[Phase(30, None)])
    assert (norms(found.pictures - x) < 0.3 * norms(x)).all()


def test_a_batch_gives_what_its_pictures_give():
    network, x = small(), pictures()
    known = observe(network, x, "5")
    phases = [Phase(20, None, margin=0.03), Phase(10, 1)]
    together = invert(network, known, PLAIN, phases=phases).pictures
    alone = [invert(network, known[i : i + 1], PLAIN, phases=phases).pictures for i in (0, 1)]
    assert (norms(together - torch.cat(alone)) / norms(x)).max() < 1e-3


def test_the_errors_of_a_picture_are_the_same_whatever_led_to_it():
    network, x = small(), pictures()
    known = observe(network, x, "5")
    found = invert(network, known, PLAIN, phases=[Phase(20, None), Phase(20, 1)])
    again = invert(network, known, PLAIN, start=found.pictures, phases=[Phase(1, None)])
    assert torch.equal(again.pictures, found.pictures) and found.order_errors.min() > 0
    torch.testing.assert_close(again.order_errors, found.order_errors)


def test_switches_alone_say_much_of_a_picture():
    network, x = small(), pictures()
    found = invert(network, observe(network, x, "5", values=False), PLAIN)
    assert found.value_errors.isnan().all()
    assert found.order_errors.max() < 0.01
    bright, right = (each - each.mean((2, 3), keepdim=True) for each in (found.pictures, x))
    cosine = (bright * right).flatten(1).sum(1) / norms(bright) / norms(right)
    assert cosine.min() > 0.5


def test_pictures_to_start_from_are_improved():
    """Without switches, and they end nearer than what is found from grey."""
    network, x = small(), pictures()
    known = observe(network, x, "2", switches=False)
    start = F.interpolate(F.avg_pool2d(x, 2), size=16, mode="bilinear")
    from_grey, refined = (
        norms(invert(network, known, PLAIN, start=begin).pictures - x) for begin in (0.45, start)
    )
    assert (refined < norms(start - x)).all()
    assert (refined < from_grey).all()


def test_what_does_not_fit_is_refused():
    network, x = small(), pictures()
    known = observe(network, x, "5")
    with pytest.raises(ValueError, match="no layer 'pool'"):
        observe(network, x, "pool")
    with pytest.raises(ValueError, match="5: no max-pooling up to 2"):
        observe(network, x, "2", switches=["5"])
    with pytest.raises(ValueError, match="nothing is known"):
        Known("5")
    with pytest.raises(ValueError, match="of \\[1, 2\\] pictures"):
        Known("5", known.values, {"2": known.indices["2"][:1]})
    with pytest.raises(ValueError, match="the layer 2: "):
        invert(network, Known("2", known.values), PLAIN)
    with pytest.raises(ValueError, match="not finite"):
        invert(network, Known("5", known.values * torch.nan), PLAIN)
    with pytest.raises(ValueError, match=r"torch\.float64; invert takes float32"):
        invert(small(torch.float64), known, PLAIN)
    with pytest.raises(ValueError, match="3 channels, the preprocessing has 1"):
        invert(network, known, Preprocessing(16, (0.5,), (0.5,)))


def test_switches_of_a_pooling_behind_the_layer_are_refused():
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.MaxPool2d(2))
    net, x = trace(layers, 18), torch.rand(1, 3, 18, 18)
    known = observe(net, x, "2")
    late = replace(known, indices=observe(net, x, "3").indices)
    with pytest.raises(ValueError, match="3: not among the layers up to 2"):
        invert(net, late)


def test_a_network_that_computes_nan_does_not_converge():
    layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    network = trace(layers, 8)
    known = observe(network, torch.rand(1, 3, 8, 8), "1")
    layers[0].weight.data[0, 0, 0, 0] = torch.nan
    found = invert(network, known, evaluations=5)
    assert not found.converged.any() and found.value_errors.isinf().all()


@pytest.mark.parametrize("evaluations", [1, 3, 7, 100, 240])
def test_phases_are_as_long_as_asked_for(evaluations):
    network = trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2)), 8)
    x = torch.rand(1, 3, 8, 8)
    for switches, pictures in product((True, False), repeat=2):
        known = observe(network, x, "2", switches=switches)
        phases = usual_phases(known, evaluations, pictures)
        assert sum(phase.evaluations for phase in phases) == evaluations


def test_where_there_is_nothing_to_do_it_says_so():
    network = trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), 8)
    known = observe(network, torch.rand(1, 3, 8, 8), "1")
    for options in ({"phases": ()}, {"history": 0}, {"evaluations": 0}):
        with pytest.raises(ValueError, match="nothing to do"):
            invert(network, known, **options)
    with pytest.raises(ValueError, match="not both"):
        invert(network, known, evaluations=5, phases=usual_phases(known))


def test_masks_alone_say_something_of_a_picture():
    network, x = small(), pictures()
    known = Known("5", masks=observe(network, x, "5", masks=True).masks)
    found = invert(network, known, PLAIN, evaluations=60)
    assert found.value_errors.isnan().all() and found.order_errors.max() < 0.05


def test_a_picture_of_which_nothing_is_said_does_not_spoil_its_batch():
    """Its layer is dead: no value has a derivative, and zeros are met exactly."""
    conv = nn.Conv2d(3, 8, 3)
    nn.init.constant_(conv.weight, 1 / 27)
    nn.init.constant_(conv.bias, -0.6)
    network = trace(nn.Sequential(conv, nn.ReLU()).requires_grad_(False), 8)
    x = torch.stack([torch.full((3, 8, 8), 0.3), torch.full((3, 8, 8), 0.9)])
    plain = Preprocessing(8, (0.0,) * 3, (1.0,) * 3)
    known = observe(network, x, "1", switches=False)
    assert not known.values[0].any() and known.values[1].all()
    for start in (None, 0.9 * x):
        found = invert(network, known, plain, start=start)
        assert found.value_errors.max() < 0.01


def test_agreement_where_no_switch_says_anything():
    network = trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2)), 8)
    x = torch.full((1, 3, 8, 8), 0.5)
    plain = Preprocessing(8, (0.0,) * 3, (1.0,) * 3)
    assert agreement(network, observe(network, x, "2"), x, plain)[1].item() == 0


def test_indices_and_masks_are_of_layers_that_have_them():
    network, x = small(), pictures()
    known, masks = observe(network, x, "5"), torch.ones(2, 24, 16, 16, dtype=torch.bool)
    with pytest.raises(ValueError, match="masks of 0: it is no ReLU"):
        invert(network, Known("5", known.values, masks={"0": masks}), PLAIN)
    with pytest.raises(ValueError, match="indices of 0: it is no max-pooling"):
        invert(network, Known("5", known.values, {"0": masks.long()}), PLAIN)


def test_inputs_that_are_not_the_networks_are_refused():
    network = trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), 8)
    for x in (torch.rand(1, 3, 9, 9), torch.zeros(1, 3, 8, 8, dtype=torch.uint8)):
        with pytest.raises(ValueError, match=r"takes \(B, 3, 8, 8\) of floats"):
            observe(network, x, "1")


def test_maxima_at_wrong_places_do_not_spoil_the_rest():
    """Without switches: squares alone stay at two to seven times the error."""
    torch.manual_seed(0)
    layers = (nn.Conv2d(3, 24, 3, padding=1), nn.ReLU(), nn.Conv2d(24, 24, 3, padding=1), nn.ReLU())
    network = trace(nn.Sequential(*layers, nn.MaxPool2d(2)).requires_grad_(False), 24)
    x = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    x = F.interpolate(x, size=24, mode="bicubic").clamp(0, 1)
    known = observe(network, PLAIN.normalise(x), "4", switches=False)
    squares = [Phase(60, None, variation=weight) for weight in (1, 0.1, 0.01, 0.001)]
    robust, plain = (
        norms(invert(network, known, PLAIN, phases=phases).pictures - x) / norms(x)
        for phases in (None, squares)
    )
    assert robust.max() < 0.05 and (robust < 0.8 * plain).all()


def test_large_amounts_count_by_their_size():
    amounts = torch.tensor([[-1e-3, 0.0, 1.0, 100.0]])
    found = Residual("values", torch.ones(1), amounts, torch.tensor([0.1])).root().square()
    expected = [1e-6, 0.0, 0.02 * (101**0.5 - 1), 0.02 * (1e6 + 1) ** 0.5 - 0.02]
    assert found[0].tolist() == pytest.approx(expected, rel=1e-3)
