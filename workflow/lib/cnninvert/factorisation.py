"""What the solver of sparse codes computes once for a filter bank, and the choice of splitting."""

import math
from dataclasses import replace

import torch

from cnninvert.convolution import Convolution
from cnninvert.douglas_rachford import DouglasRachford
from cnninvert.forward_backward import ForwardBackward
from cnninvert.lasso import Lasso
from cnninvert.torus import Torus

WELL_CONDITIONED = 20.0  # a Gaussian bank with K = 4M has 9, VGG-16's conv(5,2) has 148
LARGEST_TORUS = 4e9  # bytes; larger problems go without one


class Factorisation:
    """A filter bank, prepared for signals of one size; to be shared by all of its batches.

    ``bound``: the largest eigenvalue of W W^T; ``condition``: the same over the filters' mean
    squared norm ``power``. Banks of a low condition need nothing more. Others get the matrices of
    ``Torus`` and their inverses, when they are first used, unless these take more than
    ``largest_torus`` bytes. With 0 there are none: for a few large signals and a loose gap the
    torus costs more than the iterations that it saves.
    """

    def __init__(
        self, operator: Convolution, size: int, largest_torus: float = LARGEST_TORUS
    ) -> None:
        self.source, self.largest_torus = operator, largest_torus
        if operator.dimensions == 2:
            filters = operator.filters.contiguous(memory_format=torch.channels_last)
            operator = replace(operator, filters=filters)
        self.operator, self.size = operator, size
        # Power iteration comes from below, by about 1 %.
        self.bound = 1.05 * operator.largest_eigenvalue(size)
        self.power = float(operator.filters.flatten(1).square().sum(1).mean())
        if not 0 < self.power < math.inf:
            raise ValueError("the filters are all zero, or hold values that are not finite")
        self.condition = self.bound / self.power
        self._torus: Torus | None = None
        self._inverse: tuple[float, torch.Tensor] | None = None

    def splitting(self, problem: Lasso, fraction: float) -> ForwardBackward | DouglasRachford:
        """The splitting that suits the bank; ``fraction``: lambda as a share of lambda_max."""
        too_large = Torus.bytes(self.operator, self.size) > self.largest_torus
        if self.condition <= WELL_CONDITIONED or too_large:
            return ForwardBackward(problem, self.bound)
        self._torus = self._torus or Torus(self.operator, self.size)
        penalty = self._penalty(fraction)
        if self._inverse is None or self._inverse[0] != penalty:
            self._inverse = penalty, self._torus.inverse_gram(penalty)
        return DouglasRachford(problem, self._torus, *self._inverse)

    def check(self, operator: Convolution, size: int) -> None:
        """Raise ValueError unless this is a factorisation of ``operator`` for that size."""
        mine, same = self.source, size == self.size
        for name in ("stride", "padding", "circular"):
            same &= getattr(mine, name) == getattr(operator, name)
        if not same or not (
            mine.filters is operator.filters or torch.equal(mine.filters, operator.filters)
        ):
            raise ValueError("the factorisation is that of another filter bank or signal size")

    def _penalty(self, fraction: float) -> float:
        """The codes' penalty, found by trials; a factor of two either way costs little.

        Rounded, so that problems of nearly the same lambda share an inverse.
        """
        best = 20 * max(fraction, 1e-6) ** 0.85
        return 2.0 ** (round(2 * math.log2(best)) / 2) * self.power
