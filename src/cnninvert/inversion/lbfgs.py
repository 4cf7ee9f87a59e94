"""L-BFGS for a batch of independent problems, one evaluation of all of them at a time."""

from collections.abc import Callable

import torch
from torch import Tensor

from cnninvert.operators.norms import per_sample

SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9  # Nocedal and Wright 2006, equation (3.6)
MOST_TRIALS = 5  # of a line search that asks for curvature; then any decrease will do


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).flatten(1).sum(1)


class LBFGS:
    """Minimises f(x_b) for each sample b by itself (Nocedal and Wright 2006, algorithm 7.4).

    ``metric``: the initial inverse Hessian, a linear map of tensors like x, scaled as usual.
    ``history``: how many steps are remembered. Every sample has its own history, direction and step
    length. A line search looks for the weak Wolfe conditions: each call of ``tell`` ends it for
    some samples, and changes the step length of the others.
    """

    def __init__(self, x: Tensor, metric: Callable[[Tensor], Tensor], history: int = 100) -> None:
        self.x, self.metric = x, metric
        count, samples = history, len(x)
        self._s, self._y = (x.new_zeros(count, *x.shape) for _ in range(2))
        self._rho = x.new_zeros(count, samples)
        self._kept = torch.zeros(samples, dtype=torch.long, device=x.device)
        self._scale = x.new_ones(samples)
        self.value: Tensor | None = None

    def change(self, metric: Callable[[Tensor], Tensor]) -> None:
        """Go on with another metric, and with a function that may have changed a little."""
        self.metric = metric
        every = torch.arange(len(self.x), device=self.x.device)
        last = (self._kept - 1) % len(self._s), every
        scale = _dot(self._s[last], self._y[last]) / _dot(self._y[last], metric(self._y[last]))
        self._scale = torch.where(self._kept > 0, scale, self._scale)
        self.value = None

    def trial(self) -> Tensor:
        """The points at which the function is to be evaluated next."""
        if self.value is None:
            return self.x
        return self.x + per_sample(self._length, self.x) * self._direction

    def tell(self, value: Tensor, gradient: Tensor) -> None:
        """Take in the function's ``value`` (B,) and ``gradient`` (B, ...) at ``trial()``."""
        if self.value is None:
            self.value, self.gradient = value, gradient
            self._point(torch.ones_like(value, dtype=torch.bool))
            return
        decreased = value <= self.value + SUFFICIENT_DECREASE * self._length * self._slope
        flatter = _dot(gradient, self._direction) >= CURVATURE * self._slope
        done = decreased & (flatter | (self._trials >= MOST_TRIALS))
        if done.any():
            self._move(done, gradient)
        self._change_length(~done, decreased, value)
        if done.any():
            self._point(done)

    def _move(self, done: Tensor, gradient: Tensor) -> None:
        step = per_sample(self._length, self.x) * self._direction
        change = gradient - self.gradient
        product = _dot(step, change)
        useful = done & (product > 0)
        at, which = self._kept[useful] % len(self._s), useful.nonzero().flatten()
        self._s[at, which], self._y[at, which] = step[useful], change[useful]
        self._rho[at, which] = 1 / product[useful]
        self._kept[useful] += 1
        scale = product / _dot(change, self.metric(change))
        self._scale = torch.where(useful, scale, self._scale)
        wide = per_sample(done, self.x)
        self.x = torch.where(wide, self.x + step, self.x)
        self.gradient = torch.where(wide, gradient, self.gradient)

    def _change_length(self, search: Tensor, decreased: Tensor, value: Tensor) -> None:
        """Too long a step is shortened to the minimum of a parabola, too short a one extended."""
        old = self._length
        too_long, too_short = search & ~decreased, search & decreased
        self._upper = torch.where(too_long, old, self._upper)
        self._lower = torch.where(too_short, old, self._lower)
        bend = 2 * (value - self.value - self._slope * old)
        parabola = (-self._slope * old**2 / bend).nan_to_num(0)
        parabola = parabola.clamp(0.1 * old, 0.5 * old)
        middle = (self._lower + self._upper) / 2
        shorter = torch.where(self._lower > 0, middle, parabola)
        longer = torch.where(self._upper.isinf(), 2.5 * old, middle)
        self._length = torch.where(too_long, shorter, torch.where(too_short, longer, old))
        self._trials = self._trials + search
        self.value = torch.where(search, self.value, value)

    def _point(self, which: Tensor) -> None:
        """New directions for the samples ``which``, whose line search has ended."""
        wide = per_sample(which, self.x)
        direction = self._two_loops(self.gradient)
        slope = _dot(self.gradient, direction)
        ones, zeros = torch.ones_like(slope), torch.zeros_like(slope)
        # The first step, which no curvature has scaled yet, is kept short.
        length = torch.where(self._kept > 0, ones, 0.1 / (-slope).clamp_min(1e-30).sqrt())
        fresh = (direction, slope, length, zeros, ones / zeros, zeros)
        names = ("_direction", "_slope", "_length", "_lower", "_upper", "_trials")
        for name, new in zip(names, fresh, strict=True):
            old = getattr(self, name, new)
            setattr(self, name, torch.where(wide if name == "_direction" else which, new, old))

    def _two_loops(self, gradient: Tensor) -> Tensor:
        """Algorithm 7.4: minus the inverse Hessian times ``gradient``."""
        direction, factors = -gradient, []
        count, samples = self._rho.shape
        every = torch.arange(samples, device=gradient.device)
        kept = self._kept.tolist()  # the one wait for a GPU
        alike = len(set(kept)) == 1  # then a row of the history is looked at, and not copied
        for age in range(1, min(count, max(kept)) + 1):
            row = (kept[0] - age) % count if alike else ((self._kept - age) % count, every)
            rho = self._rho[row] * (age <= self._kept)
            factor = rho * _dot(self._s[row], direction)
            factors.append((row, rho, factor))
            direction = direction - per_sample(factor, direction) * self._y[row]
        direction = per_sample(self._scale, direction) * self.metric(direction)
        for row, rho, factor in reversed(factors):
            change = factor - rho * _dot(self._y[row], direction)
            direction = direction + per_sample(change, direction) * self._s[row]
        return direction
