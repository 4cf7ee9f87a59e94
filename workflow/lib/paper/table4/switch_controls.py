"""How much of a picture is in the pooling switches: wrong switches, and switches alone."""

from collections.abc import Mapping

import torch
from torch import Tensor

from paper.data.activations import Activations
from paper.seeds import generator


def shuffled(places: Mapping[str, Tensor], seed: int, image: int) -> dict[str, Tensor]:
    """Switches (1, C, h, w) of each pool, permuted over the regions of each channel.

    Each channel keeps how often it has each place, and loses where. ``image`` numbers the
    photographs: each has its own permutations.
    """
    random = generator(seed, 10, image)
    found = {}
    for name, values in places.items():
        flat = values.flatten(2)
        order = torch.rand(flat.shape, generator=random).argsort(2).to(flat.device)
        found[name] = flat.gather(2, order).view_as(values)
    return found


def mean_activations(activations: Activations, layer: str) -> Tensor:
    """(N, C, 1, 1): for each photograph, every channel's mean over all others and all places.

    There must be two photographs or more.
    """
    own = torch.cat(
        [
            activations.read(layer, "output", number, number + 1).mean((2, 3), keepdim=True)
            for number in range(len(activations))
        ]
    )
    return (own.sum(0, keepdim=True) - own) / (len(own) - 1)
