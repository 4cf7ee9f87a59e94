"""Model-based iterative hard thresholding (Algorithm 1)."""

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.layout import stored_like
from cnninvert.operators.model_sparsity import Projection
from cnninvert.operators.norms import norms, per_sample
from cnninvert.solvers.conjugate_gradients import on_support
from cnninvert.solvers.solution import Solution
from cnninvert.solvers.waiting import worth_doing

Variant = Literal["unit", "normalised", "pursuit"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)

DIVERGED = 10  # times the signal's norm: a residual larger than that is given up


@torch.no_grad()
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
) -> Solution:
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

    A sample converges, and costs nothing more, when a step leaves its support as it was and its
    error within ``tolerance``; it diverges when its residual exceeds ten times the signal.
    ``measure(z, residual) -> (B,)`` is called after every step.

    Returns each sample's best codes, by their residual (that of z = 0 included; the paper's are
    those of the last step), with ``errors`` and ``measured`` after every step: a converged sample
    keeps its last ones, and after divergence they are inf. Nothing of it is
    differentiated. Raises ValueError if ``x`` or the filters are not finite, or if there is nothing
    to do.

    >>> from cnninvert.operators.convolution import gaussian_filters, unit_norm
    >>> from cnninvert.operators.model_sparsity import ModelProjection, sample_codes
    >>> random = torch.Generator().manual_seed(0)
    >>> w = Convolution(unit_norm(gaussian_filters((32, 32, 3, 3), random)), size=10)
    >>> z = sample_codes(1, 32, (8, 8), region=2, k=40, generator=random)
    >>> found = iht(w, w.adjoint(z), ModelProjection(region=2, k=40), 30, "normalised")
    >>> bool((found.codes - z).norm() / z.norm() < 1e-3)
    True
    """
    if variant not in VARIANTS or steps < 1:
        raise ValueError(f"no {steps} steps of {variant!r}: at least 1, of {', '.join(VARIANTS)}")
    for name, values in (("the signals", x), ("the filters", operator.filters)):
        if not values.isfinite().all():
            raise ValueError(f"{name} hold NaN or infinite values")
    norm = norms(x).clamp_min(torch.finfo(x.dtype).tiny)
    z = torch.zeros_like(operator(x))
    x = stored_like(x, z)
    residual, error = x.clone(), norms(x) / norm
    best, best_error = z.clone(), error.clone()
    diverged = torch.zeros_like(norm, dtype=torch.bool)
    converged = torch.zeros_like(diverged)
    taken = torch.zeros_like(norm, dtype=torch.long)
    errors, measured = [], []
    at = torch.arange(len(x), device=x.device)  # the samples that are still at work
    for _ in range(steps):
        if len(at):
            old, left, target = _take(z, at), _take(residual, at), _take(x, at)
            gradient = operator(left)
            if variant == "unit":
                new = project(old + gradient)
                left = target - operator.adjoint(new)
            else:
                new, left = _normalised_step(operator, old, left, gradient, project)
            if variant == "pursuit":
                new, left = on_support(operator, target, new, left, cg_tolerance, cg_iterations)
            now = norms(left) / norm[at]
            # This catches NaN, too: an overflow.
            kept = now <= DIVERGED
            same = ((new != 0) == (old != 0)).flatten(1).all(dim=1)
            done = same & ((now - error[at]).abs() <= tolerance)
            taken[at] += 1
            converged[at], diverged[at] = done, ~kept
            z[at] = torch.where(per_sample(kept, z), new, old)
            residual[at] = torch.where(per_sample(kept, x), left, residual[at])
            error[at] = torch.where(kept, now, error[at])
            better = kept & (now < best_error[at])
            best[at] = torch.where(per_sample(better, z), new, best[at])
            best_error[at] = torch.where(better, now, best_error[at])
            at = at[(kept & ~done).nonzero().flatten()]
        errors.append(torch.where(diverged, torch.inf, error))
        if measure is not None:
            measured.append(torch.where(diverged, torch.inf, measure(z, residual)))
    return Solution(
        best,
        taken,
        converged,
        diverged,
        errors=torch.stack(errors),
        measured=torch.stack(measured) if measured else None,
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
    support = z != 0
    # From z = 0 the step has no support yet; the published one is that of M(W x).
    empty = per_sample(~support.flatten(1).any(dim=1), z)
    if worth_doing(empty):
        support = torch.where(empty, project(gradient) != 0, support)
    along = gradient * support
    ahead = operator.adjoint(along)
    mu = _ratio(along, ahead)
    new = project(z + per_sample(mu, z) * gradient)
    left = residual - per_sample(mu, residual) * ahead
    # Where the support (or, with fixed switches, the place of a value) has changed, the line
    # search says nothing, and the step must pass a test instead.
    at = (new != z + per_sample(mu, z) * along).flatten(1).any(dim=1).nonzero().flatten()
    while len(at):
        change = _take(new, at) - _take(z, at)
        ahead = operator.adjoint(change)
        left[at] = _take(residual, at) - ahead
        at = at[mu[at] > (1 - c) * _ratio(change, ahead)]
        if len(at):
            mu[at] /= 2  # the published kappa (1 - c), with kappa = 2 / (1 - c)
            new[at] = project(z[at] + per_sample(mu[at], z) * gradient[at])
    return new, left


def _take(batch: Tensor, at: Tensor) -> Tensor:
    """The samples ``at``, in order; nothing is copied where these are all."""
    return batch if len(at) == len(batch) else batch[at]


def _ratio(codes: Tensor, signals: Tensor) -> Tensor:
    """(B,): ||codes||^2 / ||signals||^2, and 0 where both are zero."""
    return (norms(codes) / norms(signals).clamp_min(torch.finfo(codes.dtype).tiny)) ** 2
