"""Model-based iterative hard thresholding (Algorithm 1), and a CNN layer as its first step."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cnninvert.convolution import Convolution

Projection = Callable[[Tensor], Tensor]


def one_step(operator: Convolution, x: Tensor, project: Projection) -> Tensor:
    """x^ = W^T M(W x, k): encode and decode ``x`` (B, M, D...) by one IHT step from z = 0."""
    return operator.adjoint(project(operator(x)), x.shape[-1])


@dataclass(frozen=True)
class Recovery:
    """What ``iht`` found: codes, and the residual's relative norm after every step.

    ``codes``: (B, K, n...), each sample's best; ``errors``: (steps, B), ||x - W^T z|| / ||x||;
    ``diverged``: (B,), samples whose residual outgrew the signal, stopped at their best code.
    """

    codes: Tensor
    errors: Tensor
    diverged: Tensor


def iht(
    operator: Convolution, x: Tensor, project: Projection, steps: int, step_size: float = 1.0
) -> Recovery:
    """Algorithm 1: repeat z <- M(z + step_size W(x - W^T z), k), from z = 0.

    The paper's step size is 1. It converges only while W^T is close to an isometry on model-sparse
    codes; a sample whose residual exceeds ten times its signal is stopped and reported.
    """
    size = x.shape[-1]
    norm = x.flatten(1).norm(dim=1).clamp_min(torch.finfo(x.dtype).tiny)
    z = torch.zeros_like(operator(x))
    best, best_error = z, torch.ones_like(norm)
    diverged = torch.zeros_like(norm, dtype=torch.bool)
    residual = x
    errors = []
    for _ in range(steps):
        z = project(z + step_size * operator(residual))
        residual = x - operator.adjoint(z, size)
        error = residual.flatten(1).norm(dim=1) / norm
        diverged |= ~(error < 10)
        # A stopped sample keeps a zero residual, so that it can neither overflow nor return NaN.
        stopped = diverged.view(-1, *[1] * (x.ndim - 1))
        residual = torch.where(stopped, 0.0, residual)
        z = torch.where(stopped, 0.0, z)
        errors.append(torch.where(diverged, torch.inf, error))
        better = (error < best_error) & ~diverged
        best = torch.where(better.view(-1, *[1] * (x.ndim - 1)), z, best)
        best_error = torch.where(better, error, best_error)
    return Recovery(best, torch.stack(errors), diverged)


def recovery_bound(delta_k: float, delta_2k: float) -> float:
    """Theorem 3.3: the bound on ||x^ - x|| / ||x|| after one step; inf where it does not apply."""
    if not 0 <= delta_k <= delta_2k < 1:
        return float("inf")
    return 5 * delta_2k / (1 - delta_k) * ((1 + delta_2k) / (1 - delta_2k)) ** 0.5
