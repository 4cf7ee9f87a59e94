"""A frozen network adapted to images: batch norm's statistics, filters from patches."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from paper.seeds import generator
from paper.table1.architecture import Architecture
from paper.table1.classifier import Classifier, Layer
from paper.table1.images import passes
from paper.table1.whitened_patches import whitened_filters

PATCHED = 2000  # images whose maps the patches come from
# Images that the statistics come from. With more, accuracies do not change, and of a wide network
# they would cost more than all features.
CALIBRATED = 5000


def initial_network(
    architecture: Architecture, pixels: Tensor, rows: Tensor, seed: int
) -> Classifier:
    """The network of a seed before training, where ``pixels`` are; ``calibrate``d if need be."""
    network = Classifier(architecture, generator(seed, 1)).to(pixels.device)
    if architecture.calibrated:
        calibrate(network, pixels, rows, generator(seed, 4))
    return network


@torch.no_grad()
def calibrate(network: Classifier, pixels: Tensor, rows: Tensor, random: torch.Generator) -> None:
    """Take each layer's filters (of ``patches``) and batch norm's running statistics from images.

    The images are the first CALIBRATED of ``rows`` (N,) of ``pixels``. The statistics are mean and
    variance of each channel's responses over images and places, layer after layer; float32 sums a
    pass, float64 sums of passes. The network is left in evaluation mode.
    """
    network.eval()
    rows = rows[:CALIBRATED]
    for number, layer in enumerate(network.layers):
        below = network.layers[:number]
        if network.architecture.filters == "patches":
            maps = torch.cat(list(_maps(below, pixels, rows[:PATCHED])))
            channels, _, size, _ = layer.weight.shape
            layer.weight.copy_(whitened_filters(maps, size, channels, random))
        moments = torch.stack([_moments(layer, x) for x in _maps(below, pixels, rows)])
        mean, square = moments.sum(0) / len(rows)
        layer.norm.running_mean.copy_(mean)
        layer.norm.running_var.copy_(square - mean**2)


def _maps(layers: Iterable[Layer], pixels: Tensor, rows: Tensor) -> Iterator[Tensor]:
    """The output of ``layers`` for the images ``rows``, pass by pass."""
    for part in passes(rows):
        x = pixels[part]
        for layer in layers:
            x = layer(x)
        yield x


def _moments(layer: Layer, x: Tensor) -> Tensor:
    """(2, C) float64: sums over images of the responses' first two moments."""
    responses = layer.respond(x)
    return torch.stack([responses.mean, responses.square]).double().sum(1)
