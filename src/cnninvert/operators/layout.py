"""How batches of codes and signals lie in memory.

Winograd's convolution gives channels_last, PyTorch's keeps what it is given. Arithmetic on two
layouts at once, and gathering along axes that are not neighbours in memory, take several times as
long as on one.
"""

import torch
from torch import Tensor


def channels_last(batch: Tensor) -> bool:
    """Whether all channels of a place lie beside each other; never for one-dimensional signals.

    >>> channels_last(torch.zeros(1, 2, 3, 3))
    False
    """
    return batch.ndim == 4 and batch.is_contiguous(memory_format=torch.channels_last)


def stored_like(batch: Tensor, other: Tensor) -> Tensor:
    """``batch``, channels_last if ``other`` is.

    >>> wide = torch.zeros(1, 4, 3, 3).contiguous(memory_format=torch.channels_last)
    >>> channels_last(stored_like(torch.zeros(1, 2, 3, 3), wide))
    True
    """
    if channels_last(other):
        return batch.contiguous(memory_format=torch.channels_last)
    return batch
