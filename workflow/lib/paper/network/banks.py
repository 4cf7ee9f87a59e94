"""The filter banks that a layer's own is compared with."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from cnninvert.operators.convolution import gaussian_filters
from cnninvert.operators.covariance_filters import covariance_filters
from paper.seeds import generator

# Of random banks, and how they are printed: Gaussian with nothing of the learned filters in them,
# with the covariance of the learned filters' input side, and of both sides (covariance_filters).
RANDOM = {
    "gaussian": "Gaussian",
    "input": "input covariance",
    "both": "both covariances",
}

LEAST = 0.05  # of coherences, ratios and errors: shares of smaller differences say little


def filter_banks(
    learned: Tensor, banks: int, gaussian: Callable[[int], torch.Generator], seed: int, layer: int
) -> Iterator[tuple[str, int, Tensor]]:
    """Kind, number and filters of each bank for a layer with the filters ``learned``.

    The layer's own comes first, as ("learned", 0). ``gaussian``: the generator of the numbered
    Gaussian bank; ``layer``: a number that says which of the others' it is.
    """
    yield "learned", 0, learned
    for bank in range(banks):
        drawn = gaussian_filters(tuple(learned.shape), gaussian(bank))
        yield "gaussian", bank, drawn.to(learned.device)
    for number, sides in enumerate(("input", "both")):
        for bank in range(banks):
            random = generator(seed, 12, layer, bank, number)
            yield sides, bank, covariance_filters(learned, random, sides)


def explained(learned: float, gaussian: float, between: float) -> float:
    """The share of the difference between learned and Gaussian filters that others explain.

    NaN where that difference is below LEAST.
    """
    difference = gaussian - learned
    return (gaussian - between) / difference if abs(difference) >= LEAST else float("nan")
