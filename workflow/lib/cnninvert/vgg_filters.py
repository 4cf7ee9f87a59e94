"""Filter banks of VGG-16's size: learned, or Gaussian of the same shape."""

import torch

from cnninvert.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.device import generator
from cnninvert.layers import ARCHITECTURES, Pool
from cnninvert.networks import Network


def operator(
    network: Network, layer: str, filters: str, seed: int, padding: str = "same", bank: int = 0
) -> Convolution:
    """W of the convolution ``layer`` with unit-norm filters, "learned" or "gaussian".

    ``bank`` numbers the Gaussian banks of one seed.
    """
    learned = network.filters(layer).contiguous()
    if filters == "learned":
        rows = learned
    else:
        number = [each.name for each in network.convolutions].index(layer)
        rows = gaussian_filters(tuple(learned.shape), generator(seed, 5, number, bank))
        rows = rows.to(learned.device)
    return Convolution(unit_norm(rows), padding=rows.shape[-1] // 2 if padding == "same" else 0)


def map_size(layer: str, image: int = 224) -> int:
    """D, the side of the maps that the VGG-16 convolution ``layer`` sees in an ``image``."""
    size = image
    for each in ARCHITECTURES["vgg16"]:
        if each.name == layer:
            return size
        if isinstance(each, Pool):
            size //= each.stride
    raise ValueError(f"VGG-16 has no layer {layer}")


def bank_generator(seed: int, *numbers: int) -> torch.Generator:
    """The generator of everything random about reconstructions."""
    return generator(seed, 6, *numbers)
