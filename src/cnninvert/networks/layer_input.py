"""What a convolution of a network really sees: its input on photographs, and crops of it."""

import torch
from torch import Tensor

from cnninvert.networks.layers import Conv
from cnninvert.networks.pretrained import Network


def layer_input(network: Network, layer: str, images: Tensor) -> Tensor:
    """uint8 RGB (B, 3, H, W) -> (B, M, H', W'), the input of the convolution ``layer``.

    The output of the layer before, after its ReLU or pooling; for the first one the normalised
    photographs. Raises ValueError for a layer that the network does not have.
    """
    names = [each.name for each in network.layers]
    number = names.index(layer)
    x = network.preprocess(images)
    if number:
        for step in network.steps(images, names[number - 1]):
            x = step.output
    return x


def crop_size(conv: Conv, places: int, size: int) -> int:
    """The side of the part of a map of side ``size`` that the codes of ``places``^2 places see.

    All of the places that fit, where the map is smaller. The convolution is taken as a valid one:
    no crop of a larger map has zeros around it.

    >>> crop_size(Conv("conv", 3, 8), places=12, size=224), crop_size(Conv("conv", 3, 8), 12, 10)
    (14, 10)
    """
    places = min(places, (size - conv.size) // conv.stride + 1)
    return (places - 1) * conv.stride + conv.size


def random_crop(x: Tensor, size: int, random: torch.Generator) -> Tensor:
    """(B, M, H, W) -> (B, M, size, size), at one place drawn uniformly.

    >>> random_crop(torch.ones(1, 3, 8, 6), 4, torch.Generator().manual_seed(0)).shape
    torch.Size([1, 3, 4, 4])
    """
    rows, columns = (n - size + 1 for n in x.shape[2:])
    top = int(torch.randint(rows, (), generator=random))
    left = int(torch.randint(columns, (), generator=random))
    return x[:, :, top : top + size, left : left + size]
