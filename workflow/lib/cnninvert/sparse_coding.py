"""Batched convolutional l1 least squares with a duality gap, and Algorithm 2 built on it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnninvert.convolution import Convolution
from cnninvert.model_sparsity import ModelProjection

CHECK_EVERY = 10  # iterations between two computations of the duality gap


@dataclass(frozen=True)
class Codes:
    """Solutions of ``sparse_coding``, with each sample's statistics.

    ``z``: (B, K, n...) codes; ``gap``: (B,) duality gap relative to the objective, an upper bound
    of the objective's relative excess; ``iterations``: (B,); ``converged``: (B,) gap <= tolerance.
    """

    z: Tensor
    gap: Tensor
    iterations: Tensor
    converged: Tensor


def lambda_max(operator: Convolution, x: Tensor, support: Tensor | None = None) -> Tensor:
    """(B,): the least lambda for which the code is zero, max |W x| (over the support)."""
    response = operator(x).abs()
    if support is not None:
        response = response * support
    return response.flatten(1).amax(1)


def sparse_coding(
    operator: Convolution,
    x: Tensor,
    lambda_fraction: float,
    support: Tensor | None = None,
    start: Tensor | None = None,
    tolerance: float = 1e-3,
    max_iterations: int = 1000,
    lipschitz: float | None = None,
    lambda_reference: Tensor | None = None,
) -> Codes:
    """Minimise 1/2 ||x - W^T z||^2 + lambda ||z||_1 for each sample of the batch ``x``.

    FISTA with a gradient restart for each sample (O'Donoghue and Candes, 2015). A sample whose
    relative duality gap reaches ``tolerance`` leaves the batch's work.

    ``x``: (B, M, D...). ``lambda_fraction``: lambda as a share of each sample's lambda_max, in
    (0, 1]; the paper's objective, without the 1/2, has the same solution at the same share of
    *its* lambda_max. ``support``: (B, K, n...) boolean, where codes may be non-zero.
    ``lambda_reference``: (B,) what ``lambda_fraction`` is a share of, if not this problem's
    lambda_max. ``lipschitz``: a bound of the largest eigenvalue of W W^T, computed if not given.
    """
    if not 0 < lambda_fraction <= 1:
        raise ValueError(f"lambda_fraction = {lambda_fraction} is not in (0, 1]")
    size = x.shape[-1]
    if lipschitz is None:
        lipschitz = 1.05 * operator.largest_eigenvalue(size)
    if lambda_reference is None:
        lambda_reference = lambda_max(operator, x, support)
    lam = lambda_fraction * lambda_reference

    result = start.clone() if start is not None else torch.zeros_like(operator(x))
    if support is not None:
        result = result * support
    batch = x.shape[0]
    gap = torch.full((batch,), torch.inf, dtype=x.dtype, device=x.device)
    iterations = torch.zeros(batch, dtype=torch.long, device=x.device)

    active = torch.arange(batch, device=x.device)
    state = _State(x, result.clone(), result.clone(), torch.ones_like(lam), lam, support)
    for iteration in range(max_iterations + 1):
        if iteration % CHECK_EVERY == 0 or iteration == max_iterations:
            current = relative_gap(operator, state.x, state.z, state.lam, state.support)
            gap[active] = current
            iterations[active] = iteration
            done = current <= tolerance
            if bool(done.all()) or iteration == max_iterations:
                result[active] = state.z
                break
            if bool(done.any()):
                result[active[done]] = state.z[done]
                active = active[~done]
                state = state.select(~done)
        state = _fista_step(operator, state, lipschitz, size)
    return Codes(result, gap, iterations, gap <= tolerance)


@dataclass
class _State:
    x: Tensor  # (B, M, D...) signals
    z: Tensor  # (B, K, n...) codes
    y: Tensor  # (B, K, n...) codes with momentum
    t: Tensor  # (B,) FISTA's momentum parameter
    lam: Tensor  # (B,)
    support: Tensor | None

    def select(self, keep: Tensor) -> "_State":
        support = None if self.support is None else self.support[keep]
        return _State(
            self.x[keep], self.z[keep], self.y[keep], self.t[keep], self.lam[keep], support
        )


def _fista_step(operator: Convolution, state: _State, lipschitz: float, size: int) -> _State:
    gradient = operator(operator.adjoint(state.y, size) - state.x)
    point = state.y - gradient / lipschitz
    z = _soft_threshold(point, _column(state.lam / lipschitz, point))
    if state.support is not None:
        z = z * state.support
    step = z - state.z
    # Restart where the momentum points uphill.
    uphill = ((state.y - z) * step).flatten(1).sum(1) > 0
    t = torch.where(uphill, 1.0, state.t)
    t_next = (1 + (1 + 4 * t**2).sqrt()) / 2
    momentum = torch.where(uphill, 0.0, (t - 1) / t_next)
    y = z + _column(momentum, z) * step
    return _State(state.x, z, y, t_next, state.lam, state.support)


def relative_gap(
    operator: Convolution, x: Tensor, z: Tensor, lam: Tensor, support: Tensor | None = None
) -> Tensor:
    """(B,): the duality gap of codes ``z``, as a share of their objective.

    The dual point is the residual, scaled to be feasible: |W theta| <= lambda on the support.
    """
    residual = x - operator.adjoint(z, x.shape[-1])
    correlation = operator(residual).abs()
    if support is not None:
        correlation = correlation * support
    largest = correlation.flatten(1).amax(1)
    energy = residual.flatten(1).square().sum(1)
    primal = energy / 2 + lam * z.flatten(1).abs().sum(1)
    tiny = torch.finfo(x.dtype).tiny
    limit = lam / largest.clamp_min(tiny)
    best = (x * residual).flatten(1).sum(1) / energy.clamp_min(tiny)
    scale = torch.minimum(torch.maximum(best, -limit), limit)
    theta = _column(scale, residual) * residual
    dual = (x.flatten(1).square().sum(1) - (x - theta).flatten(1).square().sum(1)) / 2
    return (primal - dual).clamp_min(0) / primal.clamp_min(tiny)


def recover_codes(
    operator: Convolution,
    x: Tensor,
    project: ModelProjection,
    lambda_fraction: float,
    tolerance: float = 1e-3,
    max_iterations: int = 1000,
    lipschitz: float | None = None,
) -> tuple[Codes, Codes]:
    """Algorithm 2: sparse codes, their pooling switches as a support, codes on that support.

    Returns the third line's codes, which are model-sparse, and the first line's. Both lines use
    the same lambda.
    """
    if lipschitz is None:
        lipschitz = 1.05 * operator.largest_eigenvalue(x.shape[-1])
    reference = lambda_max(operator, x)
    free = sparse_coding(
        operator,
        x,
        lambda_fraction,
        tolerance=tolerance,
        max_iterations=max_iterations,
        lipschitz=lipschitz,
        lambda_reference=reference,
    )
    model = project(free.z)
    restricted = sparse_coding(
        operator,
        x,
        lambda_fraction,
        support=model != 0,
        start=model,
        tolerance=tolerance,
        max_iterations=max_iterations,
        lipschitz=lipschitz,
        lambda_reference=reference,
    )
    return restricted, free


def _column(values: Tensor, like: Tensor) -> Tensor:
    return values.view(-1, *[1] * (like.ndim - 1))


def _soft_threshold(z: Tensor, threshold: Tensor) -> Tensor:
    return z - torch.maximum(torch.minimum(z, threshold), -threshold)
