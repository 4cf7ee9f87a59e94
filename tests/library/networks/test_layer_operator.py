"""Convolutions of PyTorch as operators, and the sizes of the maps that layers see."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnninvert.networks.layer_operator import module_operator
from cnninvert.networks.layers import ARCHITECTURES, Conv, map_size


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"kernel_size": 3, "padding": 1}, 12),
        ({"kernel_size": 3}, (7, 10)),
        ({"kernel_size": 5, "padding": 2, "stride": 2}, (11, 8)),
        ({"kernel_size": 11, "padding": 2, "stride": 4}, 39),
        ({"kernel_size": (3, 3), "padding": (1, 1), "stride": (2, 2)}, (9, 6)),
        ({"kernel_size": 1}, 4),
        ({"kernel_size": 3, "padding": 1, "bias": False}, 6),
        ({"kernel_size": 3, "padding": 1, "groups": 2}, 6),
        ({"kernel_size": 3, "padding": "same", "dilation": 2, "groups": 4}, (8, 9)),
        ({"kernel_size": (3, 5), "padding": "valid", "stride": (1, 2)}, 9),
        ({"kernel_size": 3, "padding": (1, 0), "dilation": (1, 2)}, 7),
    ],
    ids=str,
)
def test_the_operator_is_the_module_without_bias_and_of_unit_norm(options, size, random):
    module = nn.Conv2d(4, 8, **options)
    w = module_operator(module, size)
    x = torch.randn(2, *w.signal_shape, generator=random)
    norms = module.weight.flatten(1).norm(dim=1).view(-1, 1, 1)
    bias = 0 if module.bias is None else module.bias.view(-1, 1, 1)
    with torch.no_grad():
        expected = (module(x) - bias) / norms
    assert w.signal_shape == (4, *((size, size) if isinstance(size, int) else size))
    assert w.code_shape == expected.shape[1:]
    assert torch.allclose(w(x), expected, atol=1e-5)
    assert not w.filters.requires_grad
    z = torch.randn(expected.shape, generator=random)
    assert torch.allclose((w(x) * z).sum(), (x * w.adjoint(z)).sum(), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 3, "padding": 1, "padding_mode": "circular"},
        {"kernel_size": 4, "padding": "same"},
        {"kernel_size": 9},
    ],
    ids=str,
)
def test_other_modules_are_refused(options):
    with pytest.raises(ValueError):
        module_operator(nn.Conv2d(4, 8, **options), 8)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("image", [224, 193])
def test_map_sizes_are_those_of_the_layers_inputs(architecture, image):
    x = torch.zeros(1, 1, image, image)
    for layer in ARCHITECTURES[architecture]:
        assert map_size(architecture, layer.name, image) == x.shape[-1]
        if isinstance(layer, Conv):
            one = torch.zeros(1, 1, layer.size, layer.size)
            x = F.conv2d(x, one, stride=layer.stride, padding=layer.padding)
        else:
            x = F.max_pool2d(x, layer.size, layer.stride)


def test_a_layer_that_an_architecture_lacks_is_refused():
    with pytest.raises(ValueError, match="alexnet has no layer conv1_2"):
        map_size("alexnet", "conv1_2")
