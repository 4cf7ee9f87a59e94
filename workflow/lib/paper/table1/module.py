"""A network of Table 1 as modules of PyTorch's, which can be traced and inverted."""

from collections import OrderedDict

from torch import nn

from cnninvert.networks.preprocessing import Preprocessing
from paper.table1.architecture import COLOURS, SIDE
from paper.table1.classifier import Classifier
from paper.table1.images import MEAN, STD
from paper.table1.whitening import Whitening

PREPROCESSING = Preprocessing(SIDE, MEAN, STD)  # of pixels in [0, 1]; whitening comes after it


def as_module(network: Classifier, whitening: Whitening | None = None) -> nn.Sequential:
    """The layers of a network with batch norm before the ReLU, as modules of PyTorch's.

    (B, 3, 32, 32) normalised pixels -> the last pooling's output; "pool1" and so on are the layers'
    outputs. ``whitening`` becomes a linear layer before them.
    """
    if network.architecture.batch_norm == "after" or network.architecture.activation != "relu":
        raise ValueError("only batch norm before a ReLU is an ordinary layer")
    modules: list[tuple[str, nn.Module]] = []
    if whitening:
        linear = nn.Linear(*whitening.matrix.shape, device="meta")  # no time for random weights
        linear.weight = nn.Parameter(whitening.matrix.T.contiguous())
        linear.bias = nn.Parameter(-whitening.mean @ whitening.matrix)
        shape = (COLOURS, SIDE, SIDE)
        modules += [("pixels", nn.Flatten()), ("whitening", linear)]
        modules += [("whitened", nn.Unflatten(1, shape))]
    for number, layer in enumerate(network.layers, start=1):
        kernels, channels, size, _ = layer.weight.shape
        convolution = nn.Conv2d(channels, kernels, size, padding="same", bias=False)
        convolution.weight = layer.weight
        named = {"conv": convolution, "norm": layer.norm, "relu": nn.ReLU()}
        named["pool"] = nn.MaxPool2d(2)
        modules += [(f"{name}{number}", module) for name, module in named.items()]
    return nn.Sequential(OrderedDict(modules)).eval()
