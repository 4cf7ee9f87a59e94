"""Norms of the samples of a batch."""

import torch
from torch import Tensor


def norms(batch: Tensor) -> Tensor:
    """(B, ...) -> (B,): the l2 norm of each sample.

    >>> norms(torch.tensor([[3.0, 4.0], [0.0, 2.0]]))
    tensor([5., 2.])
    """
    if batch.ndim == 1:  # without an axis to sum over, PyTorch would sum over the samples
        return batch.abs()
    # Over all axes at once: flattening would copy what is channels_last.
    return torch.linalg.vector_norm(batch, dim=tuple(range(1, batch.ndim)))


def per_sample(values: Tensor, like: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1...): a number for each sample, to multiply ``like`` (B, ...) with.

    >>> per_sample(torch.ones(2), torch.ones(2, 3, 4)).shape
    torch.Size([2, 1, 1])
    """
    return values.view(-1, *[1] * (like.ndim - 1))
