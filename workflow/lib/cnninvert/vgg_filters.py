"""Filter banks of a network's size: learned, or Gaussian of the same shape."""

from cnninvert.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.device import generator
from cnninvert.layers import ARCHITECTURES, Pool
from cnninvert.networks import Network


def operator(
    network: Network, layer: str, filters: str, seed: int, padding: str = "same", bank: int = 0
) -> Convolution:
    """W of the convolution ``layer`` with unit-norm filters, "learned" or "gaussian".

    ``padding``: "same", the layer's own, or "valid". ``bank`` numbers the Gaussian banks of a seed.
    """
    number = [each.name for each in network.convolutions].index(layer)
    conv = network.convolutions[number]
    learned = network.filters(layer).contiguous()
    if filters == "learned":
        rows = learned
    else:
        rows = gaussian_filters(tuple(learned.shape), generator(seed, 5, number, bank))
        rows = rows.to(learned.device)
    return Convolution(unit_norm(rows), conv.stride, conv.padding if padding == "same" else 0)


def map_size(layer: str, image: int = 224) -> int:
    """D, the side of the maps that the VGG-16 convolution ``layer`` sees in an ``image``."""
    size = image
    for each in ARCHITECTURES["vgg16"]:
        if each.name == layer:
            return size
        if isinstance(each, Pool):
            size //= each.stride
    raise ValueError(f"VGG-16 has no layer {layer}")
