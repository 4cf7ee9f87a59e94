"""What a convolution of a network really sees: crops of its input on photographs."""

import torch
from torch import Tensor

from cnninvert.convolution import Convolution
from cnninvert.networks import Network


def layer_input(network: Network, layer: str, images: Tensor) -> Tensor:
    """uint8 RGB (B, 3, H, W) -> (B, M, H', W'), the input of the convolution ``layer``.

    The output of the layer before, after its ReLU or pooling; for the first one the normalised
    photographs.
    """
    names = [each.name for each in network.layers]
    number = names.index(layer)
    x = network.preprocess(images)
    if number:
        for step in network.steps(images, names[number - 1]):
            x = step.output
    return x


def crop_size(operator: Convolution, places: int, size: int) -> int:
    """The side of the part of a map of side ``size`` that the codes of ``places``^2 places see.

    All of the places that fit, where the map is smaller. Raises ValueError for a padded
    convolution: no crop of a larger map has zeros around it.
    """
    if operator.padding:
        raise ValueError("crops are for valid convolutions, and this one is padded")
    places = min(places, operator.output_size(size))
    return (places - 1) * operator.stride + operator.filters.shape[-1]


def random_crop(x: Tensor, size: int, random: torch.Generator) -> Tensor:
    """(B, M, H, W) -> (B, M, size, size), at one place drawn evenly."""
    rows, columns = (n - size + 1 for n in x.shape[2:])
    top = int(torch.randint(rows, (), generator=random))
    left = int(torch.randint(columns, (), generator=random))
    return x[:, :, top : top + size, left : left + size]
