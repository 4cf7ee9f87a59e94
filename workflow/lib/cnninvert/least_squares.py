"""Least squares on the support of a code, by conjugate gradients."""

import torch
from torch import Tensor

from cnninvert.convolution import Convolution
from cnninvert.norms import norms


def on_support(
    operator: Convolution,
    x: Tensor,
    z: Tensor,
    residual: Tensor,
    tolerance: float,
    iterations: int,
) -> tuple[Tensor, Tensor]:
    """The u that minimises ||x - W^T u|| among codes that are zero where ``z`` is; and x - W^T u.

    ``x`` (B, M, D...); ``z`` (B, K, n...), whose non-zeros are the support and the first guess;
    ``residual`` = x - W^T z. Conjugate gradients on the normal equations (CGLS, Hestenes and
    Stiefel 1952), sample by sample: each stops when the gradient on its support, W_G (x - W^T u),
    has fallen below ``tolerance`` times that of u = 0, or after ``iterations``.
    """
    size = x.shape[-1]
    solution, remainder = z.clone(), residual.clone()
    support = z != 0
    direction = gradient = operator(residual) * support
    square = norms(gradient) ** 2
    enough = (tolerance * norms(operator(x) * support)) ** 2
    at = torch.arange(len(x), device=x.device)
    for _ in range(iterations):
        left = square > enough
        if not left.all():
            solution[at[~left]], remainder[at[~left]] = z[~left], residual[~left]
            at, z, residual, support = at[left], z[left], residual[left], support[left]
            direction, square, enough = direction[left], square[left], enough[left]
        if not len(at):
            break
        ahead = operator.adjoint(direction, size)
        step = column(square / norms(ahead) ** 2, z)
        z = z + step * direction
        residual = residual - step * ahead
        gradient = operator(residual) * support
        before, square = square, norms(gradient) ** 2
        direction = gradient + column(square / before, z) * direction
    solution[at], remainder[at] = z, residual
    return solution, remainder


def column(values: Tensor, like: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1...): a number for each sample, to multiply ``like`` (B, ...) with."""
    return values.view(-1, *[1] * (like.ndim - 1))
