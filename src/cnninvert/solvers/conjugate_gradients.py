"""Least squares on the support of a code, by conjugate gradients."""

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.norms import norms, per_sample


def on_support(
    operator: Convolution, x: Tensor, z: Tensor, residual: Tensor, tolerance: float, iterations: int
) -> tuple[Tensor, Tensor]:
    """The u that minimises ||x - W^T u|| among codes that are zero where ``z`` is; and x - W^T u.

    ``x`` (B, M, D...); ``z`` (B, K, n...), whose non-zeros are the support and the first guess;
    ``residual`` = x - W^T z. Conjugate gradients on the normal equations (CGLS, Hestenes and
    Stiefel 1952), sample by sample: each stops when the gradient on its support, W_G (x - W^T u),
    has fallen below ``tolerance`` times that of u = 0, or after ``iterations``.

    >>> w = Convolution(torch.full((1, 1, 1), 2.0), size=2)
    >>> x, z = torch.tensor([[[4.0, 6.0]]]), torch.tensor([[[1.0, 0.0]]])
    >>> on_support(w, x, z, x - w.adjoint(z), tolerance=1e-6, iterations=5)
    (tensor([[[2., 0.]]]), tensor([[[0., 6.]]]))
    """
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
        ahead = operator.adjoint(direction)
        step = per_sample(square / norms(ahead) ** 2, z)
        z = z + step * direction
        residual = residual - step * ahead
        gradient = operator(residual) * support
        before, square = square, norms(gradient) ** 2
        direction = gradient + per_sample(square / before, z) * direction
    solution[at], remainder[at] = z, residual
    return solution, remainder
