"""A filter bank, prepared for the l1 solver; and which splitting suits it."""

import math
from dataclasses import replace

import torch

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.torus import Torus
from cnninvert.solvers.douglas_rachford import DouglasRachford
from cnninvert.solvers.forward_backward import ForwardBackward
from cnninvert.solvers.lasso import Lasso
from cnninvert.solvers.splitting import Splitting

WELL_CONDITIONED = 20.0  # a Gaussian bank with K = 4M has 9, VGG-16's conv(5,2) has 148
LARGEST_TORUS = 2e9  # bytes; larger problems go without one


class PreparedFilterBank:
    """What ``sparse_coding`` computes once for an operator; to be shared by all of its batches.

    ``bound``: the largest eigenvalue of W W^T; ``condition``: the same over the filters' mean
    squared norm ``power``. Banks of a low condition need nothing more. Others get the matrices of
    ``Torus`` and their inverses, when they are first used, unless these take more than
    ``largest_torus`` bytes. With 0 there are none: for a few large signals and a loose gap the
    torus costs more than the iterations that it saves. Raises ValueError for signals whose sides
    differ (``Convolution.plain``), and for filters that are all zero or not finite.

    >>> bank = PreparedFilterBank(Convolution(torch.eye(3).unsqueeze(2), size=5))
    >>> round(bank.condition, 2)
    1.05
    """

    @torch.no_grad()
    def __init__(self, operator: Convolution, largest_torus: float = LARGEST_TORUS) -> None:
        # A copy, as what is prepared goes with these filters, and the caller may train on.
        self.source = replace(operator, filters=operator.filters.detach().clone())
        self.largest_torus = largest_torus
        operator = self.source.plain()
        if operator.dimensions == 2:
            filters = operator.filters.contiguous(memory_format=torch.channels_last)
            operator = replace(operator, filters=filters)
        self.operator = operator
        # What is found comes from below, by about 1 %.
        self.bound = 1.05 * operator.largest_eigenvalue()
        self.power = float(operator.filters.flatten(1).square().sum(1).mean())
        if not 0 < self.power < math.inf:
            raise ValueError("the filters are all zero, or hold values that are not finite")
        self.condition = self.bound / self.power
        self._torus: Torus | None = None
        self._inverse: tuple[float, torch.Tensor] | None = None

    def splitting(self, problem: Lasso, fraction: float) -> Splitting:
        """The splitting that suits the bank; ``fraction``: lambda as a share of lambda_max."""
        too_large = Torus.bytes(self.operator) > self.largest_torus
        if self.condition <= WELL_CONDITIONED or too_large:
            return ForwardBackward(problem, self.bound)
        self._torus = self._torus or Torus(self.operator)
        penalty = self._penalty(fraction)
        if self._inverse is None or self._inverse[0] != penalty:
            self._inverse = penalty, self._torus.inverse_gram(penalty)
        return DouglasRachford(problem, self._torus, *self._inverse)

    def check(self, operator: Convolution) -> None:
        """Raise ValueError unless this was prepared for ``operator``, with its present filters."""
        mine, theirs = (
            (
                *(each.size, each.stride, each.padding, each.circular, each.dilation, each.groups),
                *(each.filters.dtype, each.filters.device),
            )
            for each in (self.source, operator)
        )
        if mine != theirs or not torch.equal(self.source.filters, operator.filters):
            raise ValueError("this was prepared for another filter bank or signal size")

    def _penalty(self, fraction: float) -> float:
        """The codes' penalty, found by trials; a factor of two either way costs little.

        Rounded, so that problems of nearly the same lambda share an inverse.
        """
        best = 20 * max(fraction, 1e-6) ** 0.85
        return 2.0 ** (round(2 * math.log2(best)) / 2) * self.power
