"""Layer by layer: exact where the equations suffice, refused where a network is no chain."""

import pytest
import torch
from torch import nn

from cnninvert import observe, trace
from cnninvert.inversion.layer_by_layer import Outputs, _before_pooling, undo_layers
from cnninvert.networks.preprocessing import Preprocessing

PLAIN = Preprocessing(12, (0.5,) * 3, (0.25,) * 3)


def wide():
    """More filters than channels at each step, and no pooling: equations enough."""
    torch.manual_seed(0)
    first, second = nn.Conv2d(3, 24, 3, padding=1), nn.Conv2d(24, 96, 3, padding=1)
    chain = nn.Sequential(first, nn.ReLU(inplace=True), second, nn.ReLU())
    return trace(chain.requires_grad_(False), 12)


def test_a_chain_with_equations_enough_is_undone():
    net, x = wide(), PLAIN.normalise(torch.rand(1, 3, 12, 12))
    second, first = undo_layers(net, observe(net, x, "3"), PLAIN)
    assert (second.layer, first.layer) == ("2", "0")
    hidden = next(output.values for output in net.run(x, keep={"1"}) if output.layer.name == "1")
    assert (second.found - hidden).norm() < 0.02 * hidden.norm()
    assert (first.found - x).norm() < 0.15 * x.norm()
    assert second.equations == int((observe(net, x, "3").values > 0).sum())


@pytest.mark.parametrize("pool", [nn.MaxPool2d(2), nn.MaxPool2d(3, 2, padding=1)])
def test_what_a_pooling_says_of_its_input_is_true(pool):
    torch.manual_seed(0)
    net = trace(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), pool), 12)
    x = torch.randn(1, 3, 12, 12)
    known, before = observe(net, x, "2"), net.layers["0"].module(x)
    outputs: Outputs = _before_pooling(net.regions("2"), known.values, known.indices["2"])
    assert torch.equal(before[outputs.equal], outputs.values[outputs.equal])
    assert (before <= outputs.values).all()


def test_double_precision_is_kept_and_batches_are_refused():
    net, x = wide(), PLAIN.normalise(torch.rand(2, 3, 12, 12))
    with pytest.raises(ValueError, match="2 pictures are known"):
        next(undo_layers(net, observe(net, x, "3"), PLAIN))
    net.graph.double()
    known = observe(net, x[:1].double(), "3")
    assert [each.found.dtype for each in undo_layers(net, known, PLAIN, 2)] == [torch.float64] * 2


def test_pixels_stay_between_zero_and_one():
    net, x = wide(), PLAIN.normalise(torch.ones(1, 3, 12, 12))
    found = list(undo_layers(net, observe(net, x, "3"), PLAIN, iterations=5))[-1].found
    pixels = found * 0.25 + 0.5
    assert pixels.min() >= -1e-6 and pixels.max() <= 1 + 1e-6


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, x):
        y = self.first(x)
        return self.second(y) + y


def test_what_is_no_chain_is_refused():
    net, x = trace(Branching(), 12), torch.rand(1, 3, 12, 12)
    with pytest.raises(ValueError, match="the network branches here"):
        list(undo_layers(net, observe(net, x, "add"), PLAIN))
    chain = trace(nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(), nn.MaxPool2d(2)), 12)
    with pytest.raises(ValueError, match="the switches of 2 must be known"):
        list(undo_layers(chain, observe(chain, x, "2", switches=False), PLAIN))


def test_a_pooling_of_a_pooling_is_refused():
    layers = (nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.MaxPool2d(2))
    network = trace(nn.Sequential(*layers), 12)
    with pytest.raises(ValueError, match="2: a pooling follows it"):
        list(undo_layers(network, observe(network, torch.rand(1, 3, 12, 12), "3"), PLAIN))


def test_an_input_that_may_be_negative_is_refused():
    network = trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.ReLU()), 8)
    known = observe(network, torch.rand(1, 3, 8, 8), "2")
    with pytest.raises(ValueError, match="1: its input 0 may be negative"):
        list(undo_layers(network, known, Preprocessing(8, (0.0,) * 3, (1.0,) * 3)))


def test_branches_behind_the_layer_do_not_matter():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.relu = nn.Conv2d(3, 12, 3), nn.ReLU()
            self.left, self.right = nn.Conv2d(12, 2, 1), nn.Conv2d(12, 2, 1)

        def forward(self, x):
            x = self.relu(self.first(x))
            return self.left(x) + self.right(x)

    network = trace(Branches(), 8)
    known = observe(network, torch.rand(1, 3, 8, 8), "relu")
    undone = list(undo_layers(network, known, Preprocessing(8, (0.0,) * 3, (1.0,) * 3), 5))
    assert [each.layer for each in undone] == ["first"]
