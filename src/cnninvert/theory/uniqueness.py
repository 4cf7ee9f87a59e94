"""When a sparse code is the only one of its signal: guarantees by coherence."""

import torch.nn.functional as F
from torch import Tensor


def unique_sparsity(coherence: float) -> float:
    """(1 + 1 / mu) / 2: a code with fewer non-zeros is the only one so sparse, and l1 finds it.

    Of all non-zeros, with mu over all rows (Donoho and Elad, PNAS 2003), and, in a convolutional
    dictionary, of those in any one stripe (``stripe_sparsity``; Papyan, Sulam and Elad, IEEE Trans.
    Signal Processing 2017; for the layers of a CNN: Papyan, Romano and Elad, JMLR 2017).

    >>> unique_sparsity(0.25)
    2.5
    """
    return (1 + 1 / coherence) / 2 if coherence > 0 else float("inf")


def stripe_sparsity(z: Tensor, reach: int) -> Tensor:
    """(B,): the l0,inf norm of codes (B, K, n...), the most non-zeros in any stripe.

    A stripe holds all places, of all channels, whose filters overlap those of one place: a square
    (or an interval) of side 2 ``reach`` - 1, where ``reach`` counts the shifts in which two filters
    still overlap.

    >>> import torch
    >>> z = torch.zeros(1, 2, 9, 9)
    >>> z[0, :, 0, 0] = z[0, 0, 2, 2] = z[0, 0, 8, 8] = 1.0
    >>> stripe_sparsity(z, 2), stripe_sparsity(z, 3)
    (tensor([3.]), tensor([3.]))
    """
    side = 2 * reach - 1
    counts = (z != 0).sum(1, keepdim=True).float()
    pool = F.avg_pool1d if z.ndim == 3 else F.avg_pool2d
    sums = pool(counts, side, 1, reach - 1, count_include_pad=True) * side ** (z.ndim - 2)
    return sums.flatten(1).amax(1).round()
