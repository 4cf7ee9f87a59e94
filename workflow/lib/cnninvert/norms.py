"""Norms of the samples of a batch."""

from torch import Tensor


def norms(batch: Tensor) -> Tensor:
    """(B, ...) -> (B,): the l2 norm of each sample."""
    return batch.flatten(1).norm(dim=1)
