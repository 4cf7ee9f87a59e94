"""The regions of a max-pooling, place by place, are PyTorch's."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnninvert.operators.regions import Regions, choose


@pytest.mark.parametrize(
    "pool",
    [
        nn.MaxPool2d(2),
        nn.MaxPool2d(3, 2),
        nn.MaxPool2d(3, 2, padding=1),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.MaxPool2d((2, 3), (1, 2), (0, 1)),
        nn.MaxPool2d(2, 2, dilation=2),
    ],
    ids=repr,
)
def test_regions_are_those_of_pytorch(pool):
    x = torch.randn(2, 3, 11, 10)
    options = (pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode)
    values, indices = F.max_pool2d(x, *options, return_indices=True)
    regions = Regions(pool, 11, 10)
    places_of = regions.places_of(x)
    assert regions.shape == values.shape[2:]
    assert torch.stack(places_of).amax(0).equal(values)
    assert choose(places_of, regions.places(indices)).equal(values)
    flat = F.max_pool2d(torch.zeros_like(x), *options, return_indices=True)[1]
    assert (regions.places(flat) == regions.first_places()).all()


def test_regions_of_many_places_keep_them_apart():
    pool = nn.MaxPool2d((1, 300))
    x = torch.zeros(1, 1, 1, 300)
    x[..., 290] = 1
    _, indices = F.max_pool2d(x, (1, 300), return_indices=True)
    assert Regions(pool, 1, 300).places(indices).item() == 290
