"""Forward-backward splitting of the convolutional lasso: for well-conditioned filter banks."""

import math

import torch
from torch import Tensor

from cnninvert.solvers.anderson import Anderson
from cnninvert.solvers.lasso import Lasso

FIRST_STEP = 0.9  # in units of the filters' mean squared norm, the mean eigenvalue of W W^T
LONGEST_STEP = 5.0  # in units of 1 / bound


class ForwardBackward:
    """The proximal gradient iteration y <- z + tau W(x - W^T z), z = soft(y, tau lambda).

    Iterates y are (B, D), one row a sample with its channels innermost, the layout in which
    convolutions are fastest. ``bound``: the largest eigenvalue of W W^T. Steps tau begin at what
    suits a sparse support, on which W^T is close to an isometry (equation 1); a sample for which
    that is too long falls back towards 1 / bound, at which the iteration always converges.
    """

    check_every = 1  # the gap's ingredients are at hand in every step

    def __init__(self, problem: Lasso, bound: float):
        filters = problem.operator.filters
        self.bound = bound
        power = float(filters.flatten(1).square().sum(1).mean())
        first = min(FIRST_STEP / power, LONGEST_STEP / bound)
        self.tau = torch.full_like(problem.lam, max(first, 1 / bound))
        self.problem = problem
        self.shape = problem.operator.code_shape
        self.support = None if problem.support is None else _flat(problem.support)
        self.z = torch.empty(len(problem.x), math.prod(self.shape)).to(problem.x)

    def start(self, z: Tensor, response: Tensor) -> Tensor:
        """The iterates after one step from the codes ``z``; ``response`` is W x."""
        if bool(z.any()):
            residual = self.problem.x - self.problem.operator.adjoint(z)
            response = self.problem.operator(residual)
        y = torch.addcmul(_flat(z), self.tau.unsqueeze(1), _flat(response))
        return y if self.support is None else y * self.support

    def acceleration(self, iterate: Tensor) -> Anderson:
        """What accelerates the iteration from ``iterate`` on."""
        # Steps up to 2 / bound do not increase the objective.
        return Anderson(iterate, memory=3, slack=1.05, momentum=True)

    def step(self, y: Tensor, image: Tensor, residual: Tensor) -> Tensor:
        """Write the iteration's image of ``y`` and their difference; the objective (B,).

        Keeps what the gap needs.
        """
        problem, tau = self.problem, self.tau.unsqueeze(1)
        self.z = problem.shrink(y, tau * problem.lam.unsqueeze(1), out=self.z)
        if self.support is not None:
            self.z *= self.support
        synthesis = problem.operator.adjoint(self.codes())
        self.residual = torch.sub(problem.x, synthesis, out=synthesis)
        self.correlation = problem.operator(self.residual)
        torch.addcmul(self.z, tau, _flat(self.correlation), out=image)
        if self.support is not None:
            image *= self.support
        torch.sub(image, y, out=residual)
        self.objective = problem.objective(self.codes(), self.residual)
        return self.objective.to(y.dtype)

    def gap(self) -> Tensor:
        """(B,): the relative duality gap of the last step's codes."""
        return self.problem.gap_from(self.objective, self.residual, self.correlation)

    def codes(self) -> Tensor:
        """(B, K, n...): the last step's codes."""
        channels, *sizes = self.shape
        return self.z.view(-1, *sizes, channels).movedim(-1, 1)

    def shorten(self, failed: Tensor, cautious: Tensor) -> None:
        """Shorten the steps of the samples (B,) whose plain step has increased the objective."""
        shorter = torch.where(failed, (self.tau / 2).clamp_min(1 / self.bound), self.tau)
        self.tau = torch.where(cautious, 1 / self.bound, shorter)

    def select(self, keep: Tensor) -> None:
        """Go on with the samples ``keep`` only, an index of (B,)."""
        self.problem, self.tau, self.z = self.problem.select(keep), self.tau[keep], self.z[keep]
        self.support = None if self.support is None else self.support[keep]


def _flat(z: Tensor) -> Tensor:
    return z.movedim(1, -1).flatten(1)
