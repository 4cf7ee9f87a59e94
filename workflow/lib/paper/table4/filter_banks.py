"""What Table 4 encodes pool(i) with, and its random activations: the same in every rule."""

import torch
from torch import Tensor

from cnninvert.networks.layers import next_convolution
from cnninvert.networks.pretrained import Network
from cnninvert.operators.convolution import gaussian_filters
from cnninvert.operators.norms import norms, per_sample
from paper.seeds import generator


def filter_banks(network: Network, layer: str, seed: int, image: int) -> dict[str, Tensor]:
    """(K, M, 3, 3) filters of conv(i+1, 1) for the pool ``layer``: learned and gaussian.

    ``image`` numbers the photographs. Each has a Gaussian bank of its own, so that what is found
    with them is a sample of photographs and of banks at once.
    """
    learned = network.filters(next_convolution(layer)).contiguous()
    return {"learned": learned, "gaussian": gaussian_bank(learned, layer, seed, image)}


def gaussian_bank(learned: Tensor, layer: str, seed: int, bank: int) -> Tensor:
    """Filters of the shape of the ``learned`` ones, i.i.d. with variance 1/(9 M)."""
    random = generator(seed, 6, _number(layer), bank)
    return gaussian_filters(tuple(learned.shape), random).to(learned.device)


def noise_like(x: Tensor, layer: str, seed: int, image: int) -> Tensor:
    """Table 4's "random activations": Gaussian noise of the norm of ``x`` (1, M, D, D).

    ``image`` numbers the photographs: each has its own noise.
    """
    return noise_of_norm(x, generator(seed, 11, _number(layer), image))


def noise_of_norm(x: Tensor, random: torch.Generator) -> Tensor:
    """Gaussian noise, each sample of which has the norm of its sample in ``x`` (B, M, D, D)."""
    noise = torch.randn(x.shape, generator=random).to(x.device)
    return noise * per_sample(norms(x) / norms(noise), x)


def _number(layer: str) -> int:
    return int(layer.removeprefix("pool"))
