"""Model-based iterative hard thresholding (Algorithm 1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from cnninvert.convolution import Convolution
from cnninvert.least_squares import column, on_support
from cnninvert.norms import norms
from cnninvert.one_step import Projection

Variant = Literal["unit", "normalised", "pursuit"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)

DIVERGED = 10  # times the signal's norm: a residual larger than that is given up


@dataclass(frozen=True)
class Recovery:
    """What ``iht`` found.

    ``codes``: (B, K, n...), each sample's best: the least residual, that of z = 0 included.
    ``errors``: (steps, B), ||x - W^T z|| / ||x|| after every step; a settled sample keeps its last
    one, and after divergence it is inf.
    ``measured``: (steps, B), the same of the caller's measure; None without one.
    ``diverged``: (B,), samples whose residual exceeded ten times the signal.
    ``steps``: (B,), how many were taken before the sample settled, diverged or time was up.
    """

    codes: Tensor
    errors: Tensor
    measured: Tensor | None
    diverged: Tensor
    steps: Tensor


def iht(
    operator: Convolution,
    x: Tensor,
    project: Projection,
    steps: int,
    variant: Variant = "unit",
    tolerance: float = 1e-7,
    cg_tolerance: float = 1e-4,
    cg_iterations: int = 50,
    measure: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Recovery:
    """Algorithm 1 on signals ``x`` (B, M, D...): z <- M(z + mu W(x - W^T z), k), from z = 0.

    ``variant`` says how a step is made:

    - ``unit``: mu = 1, as the paper prints it. It converges only while W^T is close to an isometry
      on sums of model-sparse codes, and can diverge.
    - ``normalised``: mu by exact line search on the current support, shrunk while a step that
      changes the support is too long (normalised IHT, Blumensath and Davies 2010, Algorithm 1).
    - ``pursuit``: the support of a normalised step, then least squares on it, by at most
      ``cg_iterations`` of conjugate gradients to a relative gradient of ``cg_tolerance`` (hard
      thresholding pursuit, Foucart 2011).

    The normalised step never increases the residual if ``project`` returns the nearest
    model-sparse code: known switches and the absolute maximum. The signed maximum does not: where
    a code is negative it prefers the zeros beside it.

    A sample settles, and costs nothing more, when a step leaves its support as it was and its
    error within ``tolerance``. ``measure(z, residual) -> (B,)`` is called after every step.
    Raises ValueError if ``x`` or the filters are not finite, or if there is nothing to do.
    """
    if variant not in VARIANTS or steps < 1:
        raise ValueError(f"no {steps} steps of {variant!r}: at least 1, of {', '.join(VARIANTS)}")
    for name, values in (("the signals", x), ("the filters", operator.filters)):
        if not values.isfinite().all():
            raise ValueError(f"{name} hold NaN or infinite values")
    norm = norms(x).clamp_min(torch.finfo(x.dtype).tiny)
    z, residual, error = torch.zeros_like(operator(x)), x.clone(), norms(x) / norm
    best, best_error = z.clone(), error.clone()
    diverged = torch.zeros_like(norm, dtype=torch.bool)
    taken = torch.zeros_like(norm, dtype=torch.long)
    errors, measured = [], []
    at = torch.arange(len(x), device=x.device)  # the samples that are still at work
    for _ in range(steps):
        if len(at):
            old = z[at]
            gradient = operator(residual[at])
            if variant == "unit":
                new = project(old + gradient)
                left = x[at] - operator.adjoint(new, x.shape[-1])
            else:
                new, left = _normalised_step(operator, old, residual[at], gradient, project)
            if variant == "pursuit":
                new, left = on_support(operator, x[at], new, left, cg_tolerance, cg_iterations)
            now = norms(left) / norm[at]
            # The negation catches NaN, too: an overflow.
            out = ~(now <= DIVERGED)
            same = ((new != 0) == (old != 0)).flatten(1).all(dim=1)
            settled = same & ((now - error[at]).abs() <= tolerance)
            taken[at] += 1
            diverged[at[out]] = True
            kept = at[~out]
            z[kept], residual[kept], error[kept] = new[~out], left[~out], now[~out]
            better = kept[error[kept] < best_error[kept]]
            best[better], best_error[better] = z[better], error[better]
            at = at[~(out | settled)]
        errors.append(torch.where(diverged, torch.inf, error))
        if measure is not None:
            measured.append(torch.where(diverged, torch.inf, measure(z, residual)))
    return Recovery(
        best, torch.stack(errors), torch.stack(measured) if measured else None, diverged, taken
    )


def _normalised_step(
    operator: Convolution,
    z: Tensor,
    residual: Tensor,
    gradient: Tensor,
    project: Projection,
    c: float = 0.01,
) -> tuple[Tensor, Tensor]:
    """Blumensath and Davies' (2010) next codes and their residuals.

    ``gradient`` is W times ``residual``, x - W^T z.
    """
    size = residual.shape[-1]
    support = z != 0
    # From z = 0 the step has no support yet; the published one is that of M(W x).
    empty = column(~support.flatten(1).any(dim=1), z)
    if empty.any():
        support = torch.where(empty, project(gradient) != 0, support)
    along = gradient * support
    ahead = operator.adjoint(along, size)
    mu = _ratio(along, ahead)
    new = project(z + column(mu, z) * gradient)
    left = residual - column(mu, residual) * ahead
    # Where the support (or, with fixed switches, the place of a value) has changed, the line
    # search says nothing, and the step must pass a test instead.
    at = (new != z + column(mu, z) * along).flatten(1).any(dim=1).nonzero().flatten()
    while len(at):
        change = new[at] - z[at]
        ahead = operator.adjoint(change, size)
        left[at] = residual[at] - ahead
        at = at[mu[at] > (1 - c) * _ratio(change, ahead)]
        if len(at):
            mu[at] /= 2  # the published kappa (1 - c), with kappa = 2 / (1 - c)
            new[at] = project(z[at] + column(mu[at], z) * gradient[at])
    return new, left


def _ratio(codes: Tensor, signals: Tensor) -> Tensor:
    """(B,): ||codes||^2 / ||signals||^2, and 0 where both are zero."""
    return (norms(codes) / norms(signals).clamp_min(torch.finfo(codes.dtype).tiny)) ** 2
