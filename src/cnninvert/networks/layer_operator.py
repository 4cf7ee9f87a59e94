"""A layer's convolution as an operator."""

import torch
from torch import Tensor

from cnninvert.networks.layers import Conv
from cnninvert.networks.pretrained import Network
from cnninvert.operators.convolution import Convolution, unit_norm


def layer_operator(
    network: Network, layer: str, size: int, padding: str = "same", filters: Tensor | None = None
) -> Convolution:
    """W of the convolution ``layer``, for maps of side ``size``; its rows have unit norm.

    ``padding``: "same", the layer's own, or "valid". ``filters``: (K, M, l, l), in place of the
    learned ones. Raises ValueError for another padding, and for what is no convolution.
    """
    conv = network.layer(layer)
    if not isinstance(conv, Conv):
        raise ValueError(f"{layer} is no convolution")
    if padding not in ("same", "valid"):
        raise ValueError(f"padding {padding!r} is unknown; use same or valid")
    rows = network.filters(layer).contiguous() if filters is None else filters
    return Convolution(unit_norm(rows), size, conv.stride, conv.padding if padding == "same" else 0)


def module_operator(
    module: torch.nn.Conv2d, size: int | tuple[int, ...], filters: Tensor | None = None
) -> Convolution:
    """W of a convolution of PyTorch's, with its filters scaled to unit norm and without its bias.

    ``size``: height and width of its input. ``filters``: in place of the module's. Raises
    ValueError for padding that is not of zeros, or not the same on both sides.

    >>> module_operator(torch.nn.Conv2d(4, 8, 3, padding=1, groups=2), size=32).code_shape
    (8, 32, 32)
    """
    padding = module.padding
    if padding == "valid":
        padding = (0, 0)
    elif padding == "same":
        spans = zip(module.dilation, module.kernel_size, strict=True)
        total = [dilation * (length - 1) for dilation, length in spans]
        padding = None if any(pad % 2 for pad in total) else tuple(pad // 2 for pad in total)
    if padding is None or (module.padding_mode != "zeros" and any(padding)):
        raise ValueError(f"{module}: only padding with zeros, the same on both sides, is supported")
    rows = module.weight.detach() if filters is None else filters
    return Convolution(
        unit_norm(rows.contiguous()),
        size,
        module.stride,
        padding,
        dilation=module.dilation,
        groups=module.groups,
    )
