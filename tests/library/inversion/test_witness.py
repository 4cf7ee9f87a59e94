"""Pictures with the same activation, checked by the network itself."""

import pytest
import torch
from torch import nn

from cnninvert import observe, trace
from cnninvert.inversion.witness import walk
from cnninvert.networks.preprocessing import Preprocessing

PLAIN = Preprocessing(12, (0.5,) * 3, (0.25,) * 3)


def small_network():
    torch.manual_seed(0)
    first = (nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2))
    second = (nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    module = nn.Sequential(*first, *second).requires_grad_(False)
    return trace(module, 12)


def values_of(net, picture):
    return observe(net.double(), PLAIN.normalise(picture), "5")


def pictures():
    return torch.rand(2, 1, 3, 12, 12, generator=torch.Generator().manual_seed(1)).double()


def test_another_picture_has_the_same_values():
    net = small_network()
    x, y = pictures()
    found = walk(net, "5", x, y, PLAIN, distance=0.1)
    assert found.distance >= 0.1
    assert found.picture.min() >= 0 and found.picture.max() <= 1
    known, again = (values_of(net, each) for each in (x, found.picture))
    assert (again.values - known.values).norm() < 1e-6 * known.values.norm()
    assert (found.picture - y).norm() < (x - y).norm()


def test_with_switches_they_stay_the_same():
    net = small_network()
    x, y = pictures()
    found = walk(net, "5", x, y, PLAIN, switches=True, distance=0.5, steps=30)
    assert found.distance > 0.01
    known, again = (values_of(net, each) for each in (x, found.picture))
    assert (again.values - known.values).norm() < 1e-6 * known.values.norm()
    assert found.order_error <= 1e-6
    for name, indices in known.indices.items():
        assert (again.indices[name] != indices).float().mean() < 1e-3


def test_where_equations_are_as_many_as_pixels_there_is_no_other_picture():
    net = small_network()
    x, y = pictures()
    assert (observe(net.double(), PLAIN.normalise(x), "1").values > 0).sum() > x.numel()
    found = walk(net, "1", x, y, PLAIN)
    assert (found.distance, found.steps) == (0, 0)


@pytest.mark.parametrize("switches", [False, True])
def test_progress_is_told(switches):
    net = small_network()
    told = []
    options = {"switches": switches, "steps": 3, "callback": lambda *each: told.append(each)}
    found = walk(net, "5", *pictures(), PLAIN, **options)
    assert [number for number, _ in told] == [1, 2, 3][: found.steps]
