"""Norms of the samples of a batch."""

from torch import Tensor


def norms(batch: Tensor) -> Tensor:
    """(B, ...) -> (B,): the l2 norm of each sample.

    >>> import torch
    >>> norms(torch.tensor([[3.0, 4.0], [0.0, 2.0]]))
    tensor([5., 2.])
    """
    return batch.flatten(1).norm(dim=1)


def per_sample(values: Tensor, like: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1...): a number for each sample, to multiply ``like`` (B, ...) with.

    >>> import torch
    >>> per_sample(torch.ones(2), torch.ones(2, 3, 4)).shape
    torch.Size([2, 1, 1])
    """
    return values.view(-1, *[1] * (like.ndim - 1))
