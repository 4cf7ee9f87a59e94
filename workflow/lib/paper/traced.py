"""The pipeline's networks as ones that can be inverted."""

from collections import OrderedDict

import torch
from torch import nn

from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.models import build
from cnninvert.networks.parameters import set_state
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.networks.pretrained import CAFFE_MEAN, Network
from cnninvert.networks.tracing import trace


def trace_network(network: Network, size: int = 224) -> tuple[TracedNetwork, Preprocessing]:
    """``network`` as one that can be inverted, up to what its weights reach, and its preprocessing.

    ``size``: of the pictures, in pixels.
    """
    reached = {layer.name for layer in network.layers}
    module = nn.Sequential(
        OrderedDict(
            (name, child)
            for name, child in build(network.architecture).named_children()
            if name.replace("relu", "conv") in reached
        )
    )
    state = dict(network.tensors)
    preprocessing = Preprocessing(size)
    if network.preprocessing != "torchvision":
        mean = tuple(value / 255 for value in CAFFE_MEAN)
        preprocessing = Preprocessing(size, mean, (1 / 255,) * 3)
    if network.preprocessing == "caffe-bgr":
        first = f"{network.layers[0].name}.weight"
        state[first] = state[first].flip(1)
    set_state(module, state, network.path)
    module = module.to(state[f"{network.layers[0].name}.weight"].device)
    return trace(module.to(memory_format=torch.channels_last), size), preprocessing
