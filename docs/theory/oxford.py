"""The first seven layers of Oxford's VGG-16, the paper's weights, as a network of your own.

    python docs/theory/oxford.py oxford.safetensors oxford_rgb.safetensors
    snakemake audit --cores 2 --config 'network={file: docs/theory/oxford.py,
        weights: oxford_rgb.safetensors, size: 224, mean: [0.4850, 0.4580, 0.4076],
        std: [0.00392157, 0.00392157, 0.00392157]}'

Caffe's networks take BGR on the scale 0 to 255, less its mean. The first line writes weights that
take RGB: the first filters' channels are turned round. Mean and deviation above do the rest, as
pictures are in [0, 1].
"""

import sys
from collections import OrderedDict

from safetensors.torch import load_file, save_file
from torch import nn

CHANNELS = {
    "conv1_1": 64,
    "conv1_2": 64,
    "pool1": None,
    "conv2_1": 128,
    "conv2_2": 128,
    "pool2": None,
    "conv3_1": 256,
    "conv3_2": 256,
    "conv3_3": 256,
}


def build() -> nn.Module:
    """Convolutions of 3 x 3 with ReLUs, and max-poolings of 2 x 2, called as in the paper."""
    layers, inputs = OrderedDict(), 3
    for name, channels in CHANNELS.items():
        if channels is None:
            layers[name] = nn.MaxPool2d(2)
            continue
        layers[name] = nn.Conv2d(inputs, channels, 3, padding=1)
        layers[name.replace("conv", "relu")] = nn.ReLU()
        inputs = channels
    return nn.Sequential(layers)


def convert(source: str, target: str) -> None:
    """Weights that take BGR -> weights that take RGB."""
    weights = load_file(source)
    weights["conv1_1.weight"] = weights["conv1_1.weight"].flip(1).contiguous()
    save_file(weights, target)


if __name__ == "__main__":
    convert(*sys.argv[1:])
