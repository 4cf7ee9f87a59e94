"""LPIPS, the perceptual distance of two pictures: weighted differences of a network's features.

Zhang, Isola, Efros, Shechtman and Wang, "The Unreasonable Effectiveness of Deep Features as a
Perceptual Metric" (CVPR 2018), version 0.1 of their weights.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from cnninvert.errors import InputError
from cnninvert.networks import Network

# Whose outputs, after the ReLU, are compared.
LAYERS = {
    "alexnet": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    "vgg16": ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3"),
}


class LPIPS:
    """The distance in the features of ``network``, whose weights must be torchvision's.

    ``heads``: the safetensors file of ``lpips_heads``, a non-negative weight a channel of each of
    the network's LAYERS. Raises InputError if it cannot be read.
    """

    def __init__(self, network: Network, heads: str | Path) -> None:
        self.network, self.layers = network, LAYERS[network.architecture]
        try:
            tensors = load_file(heads)
            self.heads = {name: tensors[name].view(-1, 1, 1) for name in self.layers}
        except (OSError, SafetensorError, KeyError) as error:
            raise InputError(
                f"{heads}: the heads of LPIPS cannot be read: {error}; "
                "delete the file and run again."
            ) from error

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
