"""LPIPS, the perceptual distance of two pictures: weighted differences of a network's features.

Zhang, Isola, Efros, Shechtman and Wang, "The Unreasonable Effectiveness of Deep Features as a
Perceptual Metric" (CVPR 2018), version 0.1 of their weights.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from cnninvert.networks.pretrained import Network

# Whose outputs, after the ReLU, are compared.
LAYERS = {
    "alexnet": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    "vgg16": ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3"),
}
FILES = {"alexnet": "alex.pth", "vgg16": "vgg.pth"}  # in torchmetrics


def heads(architecture: str) -> dict[str, Tensor]:
    """The published weights, non-negative, (C,) for each of the network's LAYERS.

    They come with the package torchmetrics. Raises ModuleNotFoundError where it is not installed.

    >>> sorted(heads("alexnet"))
    ['conv1', 'conv2', 'conv3', 'conv4', 'conv5']
    """
    package = find_spec("torchmetrics")  # to import it takes twice as long as to import torch
    if package is None:
        raise ModuleNotFoundError("LPIPS's weights are in torchmetrics: pip install torchmetrics")
    folder = Path(package.origin).parent / "functional/image/lpips_models"
    state = torch.load(folder / FILES[architecture], map_location="cpu", weights_only=True)
    return {
        name: state[f"lin{number}.model.1.weight"].flatten()
        for number, name in enumerate(LAYERS[architecture])
    }


class LPIPS:
    """The distance in the features of ``network``, whose weights must be torchvision's.

    ``weights``: a non-negative weight a channel of each of the network's LAYERS; by default the
    published ones. Raises ValueError for a network that expects other input.
    """

    def __init__(self, network: Network, weights: Mapping[str, Tensor] | None = None) -> None:
        if network.preprocessing != "torchvision":
            raise ValueError(f"{network.path}: LPIPS is of torchvision's weights")
        self.network, self.layers = network, LAYERS[network.architecture]
        weights = weights or heads(network.architecture)
        self.heads = {name: weights[name].view(-1, 1, 1) for name in self.layers}

    def __call__(self, pictures: Tensor, references: Tensor) -> Tensor:
        """(B,): the distances of ``pictures`` and ``references``, RGB in [0, 1], (B, 3, H, W).

        References may be one, (1, 3, H, W), for all pictures.
        """
        distance = pictures.new_zeros(len(pictures))
        both = 255 * torch.cat([pictures, references])
        for step in self.network.steps(both, self.layers[-1]):
            if step.layer.name in self.layers:
                # The reference implementation's way to avoid a division by zero.
                features = step.output / (step.output.norm(dim=1, keepdim=True) + 1e-10)
                ours, theirs = features[: len(pictures)], features[len(pictures) :]
                head = self.heads[step.layer.name].to(pictures.device)
                distance += ((ours - theirs).square() * head).sum(1).mean((1, 2))
        return distance
