"""What kind of layer an operation of PyTorch's is."""

import operator
from typing import Literal

import torch
import torch.nn.functional as F
from torch import fx, nn

Kind = Literal[
    *("convolution", "activation", "max_pool", "average_pool", "batch_norm"),
    *("add", "concatenation", "linear", "padding", "other"),
]
ACTIVATIONS = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU),
    *(nn.Mish, nn.Hardswish, nn.Hardtanh, nn.Hardsigmoid, nn.Sigmoid, nn.Tanh, nn.Softplus),
)
MODULES: list[tuple[Kind, tuple[type, ...]]] = [
    ("convolution", (nn.Conv2d,)),
    ("activation", ACTIVATIONS),
    ("max_pool", (nn.MaxPool2d,)),
    ("average_pool", (nn.AvgPool2d, nn.AdaptiveAvgPool2d)),
    ("batch_norm", (nn.BatchNorm2d,)),
    ("linear", (nn.Linear,)),
    ("padding", (nn.ZeroPad2d,)),
]
FUNCTIONS: dict[object, Kind] = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add), "add"),
    **dict.fromkeys((torch.cat, torch.concat), "concatenation"),
    **dict.fromkeys(
        (torch.relu, torch.relu_, F.relu, F.relu_, F.relu6, F.leaky_relu, F.elu), "activation"
    ),
    **dict.fromkeys((F.gelu, F.silu), "activation"),
    **dict.fromkeys((F.hardswish, F.hardtanh, F.mish, torch.sigmoid, torch.tanh), "activation"),
    **dict.fromkeys((F.max_pool2d, torch.max_pool2d), "max_pool"),
    **dict.fromkeys((F.avg_pool2d, F.adaptive_avg_pool2d), "average_pool"),
    F.batch_norm: "batch_norm",
    F.linear: "linear",
    F.pad: "padding",
}
METHODS: dict[str, Kind] = {
    **dict.fromkeys(("add", "add_"), "add"),
    **dict.fromkeys(("relu", "relu_", "sigmoid", "tanh"), "activation"),
}


def kind_of(node: fx.Node, module: nn.Module | None) -> tuple[Kind, str]:
    """The kind of layer that ``node`` is, and its operation; ``module``: the one that it calls."""
    if module is not None:
        kind = next((kind for kind, classes in MODULES if isinstance(module, classes)), "other")
        if kind == "max_pool" and type(module).forward is not nn.MaxPool2d.forward:
            kind = "other"  # it may pad, which its geometry does not say
        return kind, type(module).__name__
    if node.op == "call_method":
        return METHODS.get(node.target, "other"), node.target
    kind = FUNCTIONS.get(node.target, "other")
    if kind == "add" and len(node.all_input_nodes) < 2:
        kind = "other"  # a number is added
    if kind == "max_pool" and len(node.all_input_nodes) > 1:
        kind = "other"  # its geometry is computed
    return kind, getattr(node.target, "__name__", str(node.target)).lstrip("_")
