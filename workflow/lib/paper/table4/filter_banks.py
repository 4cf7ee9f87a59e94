"""What Table 4 encodes pool(i) with, and its random activations: the same in every rule."""

import torch
from torch import Tensor

from cnninvert.networks.layers import next_convolution
from cnninvert.networks.pretrained import Network
from cnninvert.operators.convolution import gaussian_filters
from cnninvert.operators.norms import norms, per_sample
from paper.seeds import generator


def filter_banks(
    network: Network, layer: str, seed: int, gaussian: int
) -> dict[tuple[str, int], Tensor]:
    """(K, M, 3, 3) filters of conv(i+1, 1) for the pool ``layer``, by (filters, bank).

    The learned ones are ("learned", 0); so many ``gaussian`` ones, i.i.d. with variance 1/(9 M),
    follow as ("gaussian", 0), ("gaussian", 1), ...
    """
    learned = network.filters(next_convolution(layer)).contiguous()
    banks = {("learned", 0): learned}
    for bank in range(gaussian):
        random = generator(seed, 6, _number(layer), bank)
        banks["gaussian", bank] = gaussian_filters(tuple(learned.shape), random).to(learned.device)
    return banks


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
