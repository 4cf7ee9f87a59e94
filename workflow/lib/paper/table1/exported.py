"""A network of Table 1 as a Python file of its own, which needs nothing but PyTorch."""

from torch import nn

from paper.table1.architecture import Architecture
from paper.table1.images import MEAN, STD

FILE = '''"""A network of Table 1: {layers} of {channels} {filters} filters, {size} x {size}.

With its linear classifier, which is not here, its test accuracy is {accuracy:.1f} % (Table 1).
It takes RGB pictures of 32 x 32 in [0, 1], less the mean
{mean} and over the deviation {std},
and ends with the last pooling. Its parameters are in the .safetensors file beside this one.
"""

from collections import OrderedDict

from torch import nn


def build():
    return nn.Sequential(
        OrderedDict(
            [
{modules}
            ]
        )
    )
'''


def as_python(module: nn.Sequential, architecture: Architecture, accuracy: float) -> str:
    """Python code whose ``build()`` returns ``module``, with other parameters.

    ``accuracy``: of the network with its classifier, in percent.
    """
    layers = f"{architecture.layers} layer{'s' * (architecture.layers > 1)}"
    lines = [
        f'                ("{name}", nn.{_constructor(layer)}),'
        for name, layer in module.named_children()
    ]
    return FILE.format(
        layers=layers,
        filters=architecture.filters,
        size=architecture.size,
        channels=architecture.channels,
        accuracy=accuracy,
        mean=list(MEAN),
        std=list(STD),
        modules="\n".join(lines),
    )


def _constructor(layer: nn.Module) -> str:
    match layer:
        case nn.Linear():
            return f"Linear({layer.in_features}, {layer.out_features})"
        case nn.Unflatten():
            return f"Unflatten({layer.dim}, {tuple(layer.unflattened_size)})"
        case nn.Conv2d():
            sizes = f"{layer.in_channels}, {layer.out_channels}, {layer.kernel_size}"
            return f'Conv2d({sizes}, padding="same", bias={layer.bias is not None})'
        case nn.BatchNorm2d():
            return f"BatchNorm2d({layer.num_features}, eps={layer.eps}, affine={layer.affine})"
        case nn.MaxPool2d():
            return f"MaxPool2d({layer.kernel_size})"
    return f"{type(layer).__name__}()"
