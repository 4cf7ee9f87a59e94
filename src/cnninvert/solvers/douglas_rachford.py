"""Douglas-Rachford splitting of the convolutional lasso: for ill-conditioned filter banks."""

import torch
from torch import Tensor

from cnninvert.operators.norms import norms
from cnninvert.operators.torus import Torus
from cnninvert.solvers.anderson import Anderson
from cnninvert.solvers.lasso import Lasso

RELAXATION = 1.6


class DouglasRachford:
    """Douglas-Rachford splitting with exact zero padding and one linear solve a frequency.

    On the torus the problem is min 1/2 ||x - v||^2 (inside) + lambda ||z||_1 subject to v = C z:
    the two terms have separable proximal maps, and the projection onto v = C z is a solve with
    C C^H + penalty at each frequency, whatever the bank's condition. Iterates are (B, D): v's
    part, then z's. v has the penalty 1, z has ``penalty``.
    """

    check_every = 5  # at least; the gap costs a convolution and its adjoint

    def __init__(self, problem: Lasso, torus: Torus, penalty: float, inverse: Tensor):
        self.torus, self.inverse, self.penalty = torus, inverse, penalty
        self.problem = problem
        self.x = torus.signal(problem.x)
        support = problem.support
        if support is None:
            support = torch.ones(1, *problem.operator.code_shape)
        self.allowed = torus.code(support.to(self.x))  # z is zero elsewhere, as on the padding
        self.half = torus.inside.to(self.x) / 2  # 1 / (1 + v's penalty) inside
        self.z = torch.empty(len(self.x), self.x.shape[1], torus.k).to(self.x)

    def start(self, z: Tensor, response: Tensor) -> Tensor:
        """The iterates from which the first codes are ``z`` (B, K, n...).

        They are a fixed point where a ``z`` other than zero solves the problem.
        """
        torus, lam = self.torus, self.problem.lam.view(-1, 1, 1)
        empty = (z == 0).flatten(1).all(1).view(-1, 1, 1)
        z = torus.code(z)
        v = torus.backward(torus.times(torus.forward(z), torus.matrices))
        residual = torch.where(torus.inside, self.x - v, 0.0)
        dual = torus.backward(torus.times(torus.forward(residual), torus.matrices, adjoint=True))
        feasible = dual if self.problem.nonnegative else dual.maximum(-lam)
        dual = torch.where(self.allowed > 0, feasible.minimum(lam), dual)
        dual = torch.where(z == 0, dual, lam * z.sign())
        t1 = torch.where(empty, self.x, v - residual)
        return torch.cat([t1.flatten(1), (z + dual / self.penalty).flatten(1)], dim=1)

    def acceleration(self, iterate: Tensor) -> Anderson:
        """What accelerates the iteration from ``iterate`` on."""
        # The plain iteration does not increase its residual's norm in the penalties' metric.
        return Anderson(iterate, memory=5, slack=2.0, momentum=False)

    def step(self, iterate: Tensor, image: Tensor, residual: Tensor) -> Tensor:
        """Write the iteration's image of ``iterate`` and its residual; the residual's norm (B,).

        Keeps the codes.
        """
        torus = self.torus
        t1, t2 = self._parts(iterate)
        g1, g2 = self._parts(residual)
        v, z = self._parts(image)
        # Proximal maps: v - t1 and z - t2.
        torch.sub(self.x, t1, out=g1).mul_(self.half)
        threshold = (self.problem.lam / self.penalty).view(-1, 1, 1)
        self.z = self.problem.shrink(t2, threshold, out=self.z).mul_(self.allowed)
        torch.sub(self.z, t2, out=g2)
        # Projection of the reflected points v' = 2v - t1, z' = 2z - t2 onto v = C z.
        v = torus.forward(torch.add(t1, g1, alpha=2, out=v))
        z = torus.forward(torch.add(t2, g2, alpha=2, out=z))
        solved = torus.times(v - torus.times(z, torus.matrices), self.inverse)
        g1.sub_(torus.backward(solved), alpha=self.penalty)
        g2.add_(torus.backward(torus.times(solved, torus.matrices, adjoint=True)))
        merit = (norms(g1) ** 2 + self.penalty * norms(g2) ** 2).sqrt()
        torch.add(iterate, residual.mul_(RELAXATION), out=image)
        return merit

    def gap(self) -> Tensor:
        """(B,): the relative duality gap of the last step's codes."""
        return self.problem.gap(self.codes())

    def codes(self) -> Tensor:
        """(B, K, n...): the last step's codes."""
        return self.torus.crop(self.z)

    def shorten(self, failed: Tensor, cautious: Tensor) -> None:
        """Nothing to do: the plain iteration always converges."""

    def select(self, keep: Tensor) -> None:
        """Go on with the samples ``keep`` only, an index of (B,)."""
        self.problem, self.x, self.z = self.problem.select(keep), self.x[keep], self.z[keep]
        if self.problem.support is not None:
            self.allowed = self.allowed[keep]

    def _parts(self, iterate: Tensor) -> tuple[Tensor, Tensor]:
        torus, places = self.torus, self.x.shape[1]
        first, second = iterate.split([places * torus.m, places * torus.k], dim=1)
        return first.unflatten(1, (places, torus.m)), second.unflatten(1, (places, torus.k))
