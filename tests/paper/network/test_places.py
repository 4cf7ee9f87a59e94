"""Where one IHT step is looked at, and with which regions."""

import torch
from torch import nn

from cnninvert import trace
from cnninvert.networks.models import build
from paper.network.places import activation_after, activation_before, places


def test_every_convolution_of_vgg_but_the_first_takes_an_activation():
    network = trace(build("vgg16"), 32)
    found = places(network)
    assert [place.convolution.name for place in found] == [
        layer.name for layer in network.convolutions[1:]
    ]
    by_name = {place.convolution.name: place for place in found}
    assert by_name["conv2_1"].after_pool and by_name["conv2_1"].pools == 1
    assert by_name["conv2_1"].activation.name == "relu1_2"
    assert not by_name["conv2_1"].pooled and by_name["conv2_1"].region == 2
    assert by_name["conv2_2"].pooled and not by_name["conv2_2"].after_pool


class Residual(nn.Module):
    """A linear bottleneck, whose output is no activation, and an addition before the ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.expand, self.project = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 3, 1)
        self.last = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        x = self.project(self.expand(x).relu()) + x
        return nn.functional.max_pool2d(self.last(x).relu(), 3, 3)


def test_what_is_no_activation_is_passed_over():
    network = trace(Residual(), 12)
    (place,) = places(network)
    assert place.convolution.name == "project"
    assert (place.pooled, place.region) == (False, 2)
    last = network.layer("last")
    assert activation_before(network, last) is None
    assert activation_after(network, last).operation == "relu"
    assert torch.Size(last.shape) == (4, 10, 10)
