"""A layer's convolution as an operator."""

import torch
from torch import Tensor

from cnninvert.networks.pretrained import Network
from cnninvert.operators.convolution import Convolution, unit_norm


def layer_operator(
    network: Network, layer: str, size: int, padding: str = "same", filters: Tensor | None = None
) -> Convolution:
    """W of the convolution ``layer``, for maps of side ``size``; its rows have unit norm.

    ``padding``: "same", the layer's own, or "valid". ``filters``: (K, M, l, l), in place of the
    learned ones.
    """
    conv = next(each for each in network.convolutions if each.name == layer)
    rows = network.filters(layer).contiguous() if filters is None else filters
    return Convolution(unit_norm(rows), size, conv.stride, conv.padding if padding == "same" else 0)


def module_operator(module: torch.nn.Conv2d, size: int | tuple[int, int]) -> Convolution:
    """W of a convolution of PyTorch's, with its filters scaled to unit norm and without its bias.

    ``size``: height and width of its input. Raises ValueError for groups, dilation, padding that
    is not zeros, and filters that are not square.

    >>> module_operator(torch.nn.Conv2d(3, 8, 3, padding=1), size=32).code_shape
    (8, 32, 32)
    """
    named = isinstance(module.padding, str)  # "same" and "valid"
    strides, paddings = set(module.stride), set(() if named else module.padding)
    plain = module.groups == 1 and set(module.dilation) == {1} and module.padding_mode == "zeros"
    if not plain or named or len(strides) > 1 or len(paddings) > 1:
        raise ValueError(
            f"{module}: only plain convolutions with numbers for padding are supported"
        )
    return Convolution(unit_norm(module.weight.detach()), size, *strides, *paddings)
