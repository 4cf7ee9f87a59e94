"""Batched convolutional l1 least squares, solved to a duality gap."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cnninvert.convolution import Convolution
from cnninvert.factorisation import Factorisation
from cnninvert.lasso import Lasso, largest


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


@torch.no_grad()
def sparse_coding(
    operator: Convolution,
    x: Tensor,
    lambda_fraction: float | None = None,
    *,
    lam: Tensor | float | None = None,
    nonnegative: bool = False,
    support: Tensor | None = None,
    start: Tensor | None = None,
    tolerance: float = 1e-3,
    max_iterations: int = 1000,
    factorisation: Factorisation | None = None,
    callback: Callable[[int, Tensor], None] | None = None,
) -> Codes:
    """Minimise 1/2 ||x - W^T z||^2 + lambda ||z||_1 for each sample of the batch ``x``.

    An operator splitting that suits the bank's condition (``Factorisation``), accelerated by
    Anderson's method. A sample leaves the batch's work when its relative duality gap reaches
    ``tolerance``; one that does not has its last codes. float32 resolves gaps down to about 1e-5,
    float64 gives the reference. On CUDA, TF32 is for the caller to switch off.

    ``x``: (B, M, D...), all sides equal. ``lambda_fraction``: lambda as a share of each sample's
    lambda_max, in (0, 1]; the paper's objective, without the 1/2, has the same solution at the
    same share of *its* lambda_max. Or ``lam``: lambda itself, positive, a number or (B,).
    ``nonnegative``: codes z >= 0. ``support``: (B, K, n...) boolean, where codes may be non-zero.
    ``start``: (B, K, n...) codes to begin with, zero by default.
    ``factorisation``: of the same operator and size, to be shared by several batches.
    ``callback(iteration, gap)`` is called with the (B,) gaps whenever they are computed.
    A batch shares its penalties: it is solved fastest if its samples' shares are alike.
    Raises ValueError for lambdas out of range, values that are not finite, shapes that do not
    match and a factorisation of something else.
    """
    _check(operator, x, start, support, max_iterations)
    factorisation = factorisation or Factorisation(operator, x.shape[-1])
    factorisation.check(operator, x.shape[-1])
    if x.ndim == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    response = factorisation.operator(x)
    greatest = largest(response, support, nonnegative)
    lam = _lambda(lambda_fraction, lam, greatest)
    problem = Lasso(factorisation.operator, x, lam, support, nonnegative)
    shares = (lam / greatest)[lam < greatest]  # of the samples whose codes are not zero
    share = float(shares.log().mean().exp()) if len(shares) else 1.0
    splitting = factorisation.splitting(problem, share)

    start = torch.zeros_like(response) if start is None else start.clone()
    if support is not None:
        start *= support
    result = _Result(start, callback)
    iterate = splitting.start(start, response)
    anderson = splitting.acceleration(iterate)
    check = 0
    for iteration in range(max_iterations + 1):
        residual, merit = splitting.step(iterate)
        if iteration in (check, max_iterations):
            last = iteration == max_iterations
            result.record(iteration, splitting.gap(), splitting, torch.inf if last else tolerance)
            stay = result.leave()
            if stay is not None:
                if not len(stay):
                    break
                iterate, residual, merit = iterate[stay], residual[stay], merit[stay]
                splitting.select(stay)
                anderson.select(stay)
            check = iteration + result.wait(tolerance, splitting.check_every)
        iterate, failed = anderson(iterate, residual, merit)
        splitting.retreat(failed, anderson.cautious)
    return Codes(result.z, result.gap, result.iterations, result.gap <= tolerance)


def _lambda(fraction: float | None, lam: Tensor | float | None, greatest: Tensor) -> Tensor:
    """(B,): lambda from one of its two statements, where ``greatest`` is lambda_max."""
    if (fraction is None) == (lam is None):
        raise ValueError("give lambda_fraction or lam, one of them")
    if fraction is not None:
        if not 0 < fraction <= 1:
            raise ValueError(f"lambda_fraction = {fraction} is not in (0, 1]")
        # Any lambda will do where lambda_max is 0, as the code is zero.
        return torch.where(greatest > 0, fraction * greatest, 1.0)
    lam = torch.as_tensor(lam, dtype=greatest.dtype, device=greatest.device)
    if not bool(((lam > 0) & lam.isfinite()).all()):
        raise ValueError("lam is not positive")
    if lam.ndim > 1 or lam.numel() not in (1, len(greatest)):
        raise ValueError(f"lam is a number or one for each of {len(greatest)} samples")
    return lam.expand(len(greatest)).contiguous()


def _check(
    operator: Convolution,
    x: Tensor,
    start: Tensor | None,
    support: Tensor | None,
    max_iterations: int,
) -> None:
    """Raise ValueError for what ``sparse_coding`` cannot take."""
    filters = operator.filters
    channels, size = filters.shape[1], x.shape[-1]
    if x.shape[1:] != (channels, *(size,) * operator.dimensions) or not len(x):
        raise ValueError(
            f"signals are (B, {channels}, D...), with all sides equal and B >= 1, not {x.shape}"
        )
    if x.dtype != filters.dtype or x.dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"signals and filters are both float32 or both float64, not {x.dtype}, {filters.dtype}"
        )
    codes = (len(x), *operator.code_shape(size))
    if support is not None and (support.dtype != torch.bool or support.shape != codes):
        raise ValueError(f"the support is boolean, of the shape of the codes, {codes}")
    if start is not None and (start.dtype != x.dtype or start.shape != codes):
        raise ValueError(f"the start is {x.dtype}, of the shape of the codes, {codes}")
    for name, values in (("signals", x), ("start's codes", start)):
        if values is not None and not bool(values.abs().amax().isfinite()):
            raise ValueError(f"the {name} hold values that are not finite")
    if max_iterations < 0:
        raise ValueError(f"max_iterations = {max_iterations} is negative")


class _Result:
    """The codes and statistics of all samples, and which of them are still worked on."""

    def __init__(self, z: Tensor, callback: Callable[[int, Tensor], None] | None):
        batch, device = len(z), z.device
        self.z, self.callback = z, callback
        self.gap = z.new_full((batch,), torch.inf)
        self.iterations = torch.zeros(batch, dtype=torch.long, device=device)
        self.working = torch.arange(batch, device=device)  # the samples still in the batch's work
        self.open = torch.ones(batch, dtype=torch.bool, device=device)  # of these, the unsolved
        self.rate = z.new_zeros(batch)  # log of the gap's decrease in an iteration

    def record(self, iteration: int, gap: Tensor, splitting, tolerance: float) -> None:
        """Note the working samples' ``gap``, and take the codes of those within ``tolerance``."""
        numbers = self.working[self.open]
        elapsed = (iteration - self.iterations[numbers]).clamp_min(1)
        self.rate[numbers] = (self.gap[numbers] / gap[self.open]).log() / elapsed
        self.gap[numbers], self.iterations[numbers] = gap[self.open], iteration
        done = self.open & (gap <= tolerance)
        if bool(done.any()):
            self.z[self.working[done]] = splitting.codes()[done]
            self.open = self.open & ~done
        if self.callback is not None:
            self.callback(iteration, self.gap.clone())

    def wait(self, tolerance: float, least: int) -> int:
        """Iterations to the next look at the gaps: half of what the fastest sample should need."""
        numbers = self.working[self.open]
        needed = (self.gap[numbers] / tolerance).log() / self.rate[numbers]
        needed = needed[(needed > 0) & needed.isfinite()]
        return least * min(max(int(needed.min() / (2 * least)), 1), 10) if len(needed) else least

    def leave(self) -> Tensor | None:
        """An index of the samples that stay at work, once a quarter of them is solved.

        Not at once, because to leave costs a copy of all that stays.
        """
        if 4 * int(self.open.sum()) > 3 * len(self.open):
            return None
        stay = self.open.nonzero().squeeze(1)
        self.working, self.open = self.working[stay], self.open[stay]
        return stay
