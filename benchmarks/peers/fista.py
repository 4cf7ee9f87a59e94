"""Batched FISTA in torch, plain and with a restart for each sample: the baseline.

A sample leaves the batch's work when it reaches the gap, which is computed every ten iterations,
inside the time that is counted.
"""

import torch
from torch import Tensor

from peers.problems import Problem, relative_gap
from peers.timing import Clock, Run, Settings

CHECK_EVERY = 10  # iterations


def lipschitz(problem: Problem) -> float:
    """One over the step of all gradient methods here; what a bank needs once."""
    return 1.05 * problem.operator.largest_eigenvalue()


def solve(problem: Problem, settings: Settings, restart: bool = False) -> Run:
    """FISTA (Beck and Teboulle, 2009); ``restart`` adds that of O'Donoghue and Candes (2015)."""
    clock = Clock(problem.x.device)
    bound = lipschitz(problem)
    setup = clock.seconds()

    clock = Clock(problem.x.device)
    w, x = problem.operator, problem.x
    lam = problem.lam
    batch = len(x)
    result = x.new_zeros(problem.code_shape)
    gaps = x.new_full((batch,), torch.inf)
    iterations = torch.zeros(batch, dtype=torch.long, device=x.device)
    active = torch.arange(batch, device=x.device)
    curve = []
    z = y = result.clone()
    t = torch.ones_like(lam)
    for iteration in range(settings.max_iterations + 1):
        last = iteration == settings.max_iterations
        if iteration % CHECK_EVERY == 0 or last:
            current = relative_gap(w, x, z, lam)
            gaps[active], iterations[active] = current, iteration
            curve.append((clock.seconds() / batch, float(gaps.max())))
            done = current <= settings.gap
            if last or bool(done.all()):
                result[active] = z
                break
            if bool(done.any()):
                result[active[done]] = z[done]
                active, x, z, y, t, lam = (v[~done] for v in (active, x, z, y, t, lam))
        gradient = w(w.adjoint(y) - x)
        z, y, t = _step(z, y, gradient / bound, lam / bound, t, restart)
    seconds = clock.seconds() / batch
    how = f"torch, batch of {batch}"
    return Run(result, problem.gap(result), seconds, iterations.tolist(), curve, how, setup)


def solve_with_restart(problem: Problem, settings: Settings) -> Run:
    """``fista-restart``, the baseline."""
    return solve(problem, settings, restart=True)


def _step(
    z: Tensor, y: Tensor, descent: Tensor, threshold: Tensor, t: Tensor, restart: bool
) -> tuple[Tensor, Tensor, Tensor]:
    column = (-1, *[1] * (z.ndim - 1))
    threshold = threshold.view(column)
    point = y - descent
    new = point - torch.clamp(point, -threshold, threshold)
    step = new - z
    if restart:  # where the momentum points uphill
        uphill = ((y - new) * step).flatten(1).sum(1) > 0
        t = torch.where(uphill, 1.0, t)
    t_next = (1 + (1 + 4 * t**2).sqrt()) / 2
    momentum = (t - 1) / t_next  # 0 after a restart
    return new, new + momentum.view(column) * step, t_next
