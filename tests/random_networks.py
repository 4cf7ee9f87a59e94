"""Networks of random weights."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from cnninvert.networks.layers import ARCHITECTURES, Conv


def write_network(
    path: Path,
    last: str,
    architecture: str = "vgg16",
    bias: float = 0.0,
    preprocessing: str = "torchvision",
) -> Path:
    """Write random filters up to the layer ``last``, whose activations keep their size.

    ``bias``: the biases' standard deviation.
    """
    random, tensors = torch.Generator().manual_seed(0), {}
    for layer in ARCHITECTURES[architecture]:
        if isinstance(layer, Conv):
            scale = (2 / (layer.size**2 * layer.inputs)) ** 0.5
            tensors[f"{layer.name}.weight"] = scale * torch.randn(layer.shape, generator=random)
            tensors[f"{layer.name}.bias"] = bias * torch.randn(layer.outputs, generator=random)
        if layer.name == last:
            break
    about = {"architecture": architecture, "preprocessing": preprocessing, "source": "random"}
    save_file(tensors, path, about)
    return path
