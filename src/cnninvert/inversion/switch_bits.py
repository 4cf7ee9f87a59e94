"""How many bits the switches of a max-pooling hold."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnninvert.theory.context_coding import code_length

BINS = 4  # of values, with equally many in each
SHARES = (0.4, 0.6, 0.8)  # of the most frequent place, in a region, that are told apart


def switch_bits(places: Tensor, values: Tensor, size: int) -> dict[str, float]:
    """Bits of the ``places`` (C, h, w) of one picture's pooling, each below ``size``.

    ``values`` (C, h, w): the maxima; one that is zero says already that its place is the first.
    Channels are coded one after another, each row by row. By how the places are coded:

    - raw: log2 size for each;
    - channel: with the frequencies of its channel;
    - context: also given the places to the left and above, and which place most of the channels
      before have in the region;
    - given_values: the same, and given the values: regions of zeros take nothing, and each value's
      quartile is a context.

    ``regions``: their number, ``positive``: of those whose maximum is not zero.
    """
    place, value = places.cpu().numpy().astype(np.int64), values.cpu().numpy()
    channels = np.broadcast_to(np.arange(len(place))[:, None, None], place.shape)
    near = [_votes(place, size), _shifted(place, 2, size), _shifted(place, 1, size)]
    nonzero = value != 0
    edges = np.quantile(value[nonzero], np.linspace(0, 1, BINS + 1)[1:-1]) if nonzero.any() else []
    bins = np.digitize(value, edges)
    masked = np.where(nonzero, place, size)
    told = [
        _votes(masked, size),
        _shifted(masked, 2, size),
        _shifted(masked, 1, size),
        bins,
        channels,
    ]
    return {
        "regions": place.size,
        "positive": int(nonzero.sum()),
        "raw": place.size * float(np.log2(size)),
        "channel": code_length(place, [channels], size),
        "context": code_length(place, [*near, channels], size),
        "given_values": code_length(place[nonzero], [each[nonzero] for each in told], size),
    }


def _shifted(places: NDArray, axis: int, size: int) -> NDArray:
    """The place of the neighbour before on ``axis``; at the edge, one that there is not."""
    found = np.full_like(places, size + 1)
    if axis == 1:
        found[:, 1:] = places[:, :-1]
    else:
        found[:, :, 1:] = places[:, :, :-1]
    return found


def _votes(places: NDArray, size: int) -> NDArray:
    """The place that most channels before have in a region, and how large a share they are."""
    counts = torch.nn.functional.one_hot(torch.from_numpy(places).clamp(max=size), size + 1)
    before = (counts.cumsum(0) - counts)[..., :size].numpy()
    total, most = before.sum(-1), before.max(-1)
    share = np.digitize(most / np.maximum(total, 1), SHARES)
    return np.where(
        total > 0, before.argmax(-1) * (len(SHARES) + 1) + share, size * (len(SHARES) + 1)
    )
