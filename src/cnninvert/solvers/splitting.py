"""What ``sparse_coding`` asks of an operator splitting."""

from typing import Protocol

from torch import Tensor

from cnninvert.solvers.anderson import Anderson


class Splitting(Protocol):
    """A fixed-point iteration t <- t + g(t) that solves a batch of lasso problems.

    Iterates t and residuals g(t) are (B, D), one row a sample; D is the splitting's own affair.
    ``ForwardBackward`` and ``DouglasRachford`` are splittings.
    """

    check_every: int  # iterations between two duality gaps, at least

    def start(self, z: Tensor, response: Tensor) -> Tensor:
        """The iterates to begin with, for first codes ``z`` (B, K, n...); ``response`` is W x."""

    def acceleration(self, iterate: Tensor) -> Anderson:
        """What accelerates the iteration from ``iterate`` on."""

    def step(self, iterate: Tensor, image: Tensor, residual: Tensor) -> Tensor:
        """Write t + g(t) to ``image`` and g(t) to ``residual`` (B, D), for t the ``iterate``.

        Returns a merit (B,) of t, which the plain iteration does not increase.
        """

    def gap(self) -> Tensor:
        """(B,): the relative duality gap of the last step's codes."""

    def codes(self) -> Tensor:
        """(B, K, n...): the last step's codes."""

    def shorten(self, failed: Tensor, cautious: Tensor) -> None:
        """Take shorter steps for samples (B,) whose plain step ``failed``, the shortest that is
        needed for ``cautious`` ones."""

    def select(self, keep: Tensor) -> None:
        """Go on with the samples ``keep`` only, an index of (B,)."""
