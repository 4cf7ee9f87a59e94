"""A layer of frozen filters: what batch norm and pooling need of it, picture by picture.

Batch norm with a batch's statistics is z = a y + b for each channel, so the maximum of z over a
pooling window is a max(y) + b where a > 0 and a min(y) + b where a < 0; and the batch's mean and
variance follow from each picture's first two moments. Frozen filters make all four the same in
every epoch. This is exact: nothing is taken from other pictures than the batch's.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Responses(NamedTuple):
    """Of each picture: ``maxima`` and ``minima`` over 2 x 2 windows, (B, C, H/2, W/2); ``mean``
    and ``square``, (B, C) float32, the means of the responses and of their squares over places."""

    maxima: Tensor
    minima: Tensor
    mean: Tensor
    square: Tensor


def respond(y: Tensor) -> Responses:
    """Responses (B, C, H, W), H and W even, of which batch norm and pooling can be made."""
    places = y.permute(0, 2, 3, 1).flatten(1, 2).float()
    ones = places.new_ones(1, 1, 1).expand(len(y), 1, places.shape[1])  # sums by the fast product
    mean, square = (
        (torch.bmm(ones, values) / places.shape[1]).squeeze(1) for values in (places, places**2)
    )
    rows = y[:, :, ::2], y[:, :, 1::2]
    upper, lower = torch.maximum(*rows), torch.minimum(*rows)
    return Responses(
        torch.maximum(upper[..., ::2], upper[..., 1::2]),
        torch.minimum(lower[..., ::2], lower[..., 1::2]),
        mean,
        square,
    )


def normalise(norm: nn.BatchNorm2d, responses: Responses) -> tuple[Tensor, Tensor]:
    """Maxima and minima over windows of the batch-normalised responses, (B, C, H/2, W/2).

    Just as ``norm`` would do it with the responses themselves: in training with the batch's
    statistics, which also enter the running ones, and otherwise with the latter.
    """
    mean, variance = norm.running_mean, norm.running_var
    if norm.training:
        mean = responses.mean.mean(0)
        variance = (responses.square.mean(0) - mean**2).clamp(min=0)
        _remember(norm, mean, variance, 4 * responses.maxima[:, 0].numel())
    upper, lower = responses.maxima, responses.minima
    falling = (norm.weight < 0)[:, None, None]
    # On a GPU the choice costs less than waiting for the answer.
    if falling.is_cuda or falling.any():
        upper, lower = torch.where(falling, lower, upper), torch.where(falling, upper, lower)
    return tuple(
        F.batch_norm(extreme, mean, variance, norm.weight, norm.bias, training=False, eps=norm.eps)
        for extreme in (upper, lower)
    )


@torch.no_grad()
def _remember(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, count: int) -> None:
    norm.num_batches_tracked += 1
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(variance * (count / (count - 1)), norm.momentum)
