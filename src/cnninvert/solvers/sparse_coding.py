"""Batched convolutional l1 least squares, solved to a duality gap."""

from collections.abc import Callable

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.solvers.filter_bank import PreparedFilterBank
from cnninvert.solvers.lasso import Lasso, largest
from cnninvert.solvers.solution import Solution
from cnninvert.solvers.splitting import Splitting


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
    prepared: PreparedFilterBank | None = None,
    callback: Callable[[int, Tensor], None] | None = None,
) -> Solution:
    """Minimise 1/2 ||x - W^T z||^2 + lambda ||z||_1 for each sample of the batch ``x``.

    An operator splitting that suits the bank's condition (``PreparedFilterBank``), accelerated by
    Anderson's method. A sample leaves the batch's work when its relative duality gap reaches
    ``tolerance``; one that does not has its last codes. float32 resolves gaps down to about 1e-5,
    float64 gives the reference. On CUDA, TF32 is for the caller to switch off.

    ``x``: (B, M, D...), all sides equal. ``lambda_fraction``: lambda as a share of each sample's
    lambda_max, in (0, 1]; the paper's objective, without the 1/2, has the same solution at the
    same share of *its* lambda_max. Or ``lam``: lambda itself, positive, a number or (B,).
    ``nonnegative``: codes z >= 0. ``support``: (B, K, n...) boolean, where codes may be non-zero.
    ``start``: (B, K, n...) codes to begin with, zero by default.
    ``prepared``: of the same operator, to be shared by several batches.
    ``callback(iteration, gap)`` is called with the (B,) gaps whenever they are computed.
    A batch shares its penalties: it is solved fastest if its samples' shares are alike.
    Converged samples are those within ``tolerance``. Raises ValueError for lambdas out of range,
    values that are not finite, shapes that do not match and a bank prepared for something else.

    >>> w = Convolution(torch.ones(1, 1, 1), size=2)
    >>> sparse_coding(w, torch.tensor([[[3.0, 1.0]]]), lam=1.0, tolerance=1e-6).codes
    tensor([[[2., 0.]]])
    """
    check_input(operator, x, start, support, max_iterations)
    prepared = prepared or PreparedFilterBank(operator)
    prepared.check(operator)
    if x.ndim == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    response = prepared.operator(x)
    greatest = largest(response, support, nonnegative)
    lam = each_lambda(lambda_fraction, lam, greatest)
    problem = Lasso(prepared.operator, x, lam, support, nonnegative)
    shares = (lam / greatest)[lam < greatest]  # of the samples whose codes are not zero
    share = float(shares.log().mean().exp()) if len(shares) else 1.0
    splitting = prepared.splitting(problem, share)

    start = torch.zeros_like(response) if start is None else start.clone()
    if support is not None:
        start *= support
    result = _Result(start, callback)
    iterate = splitting.start(start, response)
    anderson = splitting.acceleration(iterate)
    check = 0
    for iteration in range(max_iterations + 1):
        merit = splitting.step(iterate, *anderson.room())
        if iteration in (check, max_iterations):
            last = iteration == max_iterations
            result.record(iteration, splitting.gap(), splitting, torch.inf if last else tolerance)
            stay = result.leave()
            if stay is not None:
                if not len(stay):
                    break
                iterate, merit = iterate[stay], merit[stay]
                splitting.select(stay)
                anderson.select(stay)
            check = iteration + result.wait(tolerance, splitting.check_every)
        failed = anderson(iterate, merit)
        splitting.shorten(failed, anderson.cautious)
    converged = result.gap <= tolerance
    diverged = torch.zeros_like(converged)  # no iteration does
    return Solution(result.z, result.iterations, converged, diverged, gap=result.gap)


def each_lambda(fraction: float | None, lam: Tensor | float | None, greatest: Tensor) -> Tensor:
    """(B,): lambda from one of its two statements, where ``greatest`` is lambda_max.

    Raises ValueError as ``sparse_coding``.
    """
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


def check_input(
    operator: Convolution,
    x: Tensor,
    start: Tensor | None = None,
    support: Tensor | None = None,
    max_iterations: int = 0,
) -> None:
    """Raise ValueError for what ``sparse_coding`` cannot take."""
    filters, shape = operator.filters, operator.signal_shape
    if x.shape[1:] != shape or not len(x):
        sides = ", ".join(map(str, shape))
        raise ValueError(f"signals are (B, {sides}) with B >= 1, not {tuple(x.shape)}")
    if x.dtype != filters.dtype or x.dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"signals and filters are both float32 or both float64, not {x.dtype}, {filters.dtype}"
        )
    codes = (len(x), *operator.code_shape)
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

    def record(self, iteration: int, gap: Tensor, splitting: Splitting, tolerance: float) -> None:
        """Note the working samples' ``gap``, and take the codes of those within ``tolerance``."""
        at = self.open.nonzero().squeeze(1)
        numbers = self.working[at]
        elapsed = (iteration - self.iterations[numbers]).clamp_min(1)
        self.rate[numbers] = (self.gap[numbers] / gap[at]).log() / elapsed
        self.gap[numbers], self.iterations[numbers] = gap[at], iteration
        done = self.open & (gap <= tolerance)
        if bool(done.any()):
            self.z[self.working[done]] = splitting.codes()[done]
            self.open = self.open & ~done
        if self.callback is not None:
            self.callback(iteration, self.gap.clone())

    def wait(self, tolerance: float, least: int) -> int:
        """Iterations to the next look at the gaps: half of what the fastest sample should need."""
        needed = (self.gap[self.working] / tolerance).log() / self.rate[self.working]
        known = self.open & (needed > 0) & needed.isfinite()
        looks = (torch.where(known, needed, torch.inf).min() / (2 * least)).item()
        return least * min(max(int(looks), 1), 10) if looks < torch.inf else least

    def leave(self) -> Tensor | None:
        """An index of the samples that stay at work, once a quarter of them is solved.

        Not at once, because to leave costs a copy of all that stays.
        """
        if 4 * int(self.open.sum()) > 3 * len(self.open):
            return None
        stay = self.open.nonzero().squeeze(1)
        self.working, self.open = self.working[stay], self.open[stay]
        return stay
