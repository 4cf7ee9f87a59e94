"""Photographs and weights that need no download, for what takes the same time on any."""

from pathlib import Path

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from cnninvert.networks.layers import ARCHITECTURES, Conv
from paper.seeds import generator
from paper.table4.eight_bit import eight_bit


def random_photographs(path: Path, count: int, side: int) -> Path:
    """Write the test images of a file like ``photographs.write_crops``'s: smooth noise."""
    random = generator(0)
    with h5py.File(path, "w") as file:
        images = file.create_dataset("test", (count, 3, side, side), "u1")
        for number in range(count):
            coarse = torch.rand(1, 3, 16, 16, generator=random)
            smooth = F.interpolate(coarse, size=(side, side), mode="bicubic")
            images[number] = eight_bit(smooth[0].numpy())
        file["test_path"] = np.array([f"{number}.jpg" for number in range(count)], "S")
        file.attrs.update(short_side=side, crop=side)
    return path


def random_weights(path: Path) -> Path:
    """Write weights of VGG-16 by which activations keep their size from layer to layer."""
    random, tensors = generator(1), {}
    for layer in ARCHITECTURES["vgg16"]:
        if isinstance(layer, Conv):
            scale = (2 / (9 * layer.inputs)) ** 0.5
            tensors[f"{layer.name}.weight"] = scale * torch.randn(layer.shape, generator=random)
            tensors[f"{layer.name}.bias"] = torch.zeros(layer.outputs)
    about = {"architecture": "vgg16", "preprocessing": "torchvision", "source": "random"}
    save_file(tensors, path, about)
    return path
