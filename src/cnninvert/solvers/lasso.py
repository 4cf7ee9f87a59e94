"""The convolutional l1 least-squares problem, a batch of them, and its duality gap."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution


@dataclass(frozen=True, eq=False)
class Lasso:
    """min_z 1/2 ||x - W^T z||^2 + lambda ||z||_1 for every sample of a batch.

    ``x``: (B, M, D...) signals; ``lam``: (B,) positive; ``support``: (B, K, n...) boolean, where
    codes may be non-zero, None for everywhere; ``nonnegative``: whether codes must be z >= 0.

    >>> w = Convolution(torch.ones(1, 1, 1), size=2)
    >>> problem = Lasso(w, torch.tensor([[[3.0, 1.0]]]), lam=torch.tensor([1.0]))
    >>> problem.gap(torch.tensor([[[2.0, 0.0]]]))  # its solution
    tensor([0.])
    """

    operator: Convolution
    x: Tensor
    lam: Tensor
    support: Tensor | None = None
    nonnegative: bool = False

    def select(self, keep: Tensor) -> "Lasso":
        """The problems of the samples ``keep``, an index or a mask of (B,)."""
        support = None if self.support is None else self.support[keep]
        return replace(self, x=self.x[keep], lam=self.lam[keep], support=support)

    def shrink(self, z: Tensor, threshold: Tensor, out: Tensor) -> Tensor:
        """The proximal map of threshold ||z||_1, and of z >= 0 where that is asked for."""
        if self.nonnegative:
            return torch.sub(z, threshold, out=out).clamp_min_(0)
        # Not `clamp`, which is four times slower with tensors for bounds.
        torch.maximum(z, -threshold, out=out)
        torch.minimum(out, threshold, out=out)
        return torch.sub(z, out, out=out)

    def objective(self, z: Tensor, residual: Tensor) -> Tensor:
        """(B,) float64: the objective of codes ``z``; ``residual`` is x - W^T z."""
        return _energy(residual) / 2 + self.lam * _sum(z.abs())

    def gap(self, z: Tensor) -> Tensor:
        """(B,): the duality gap of codes ``z``, as a share of their objective."""
        residual = self.x - self.operator.adjoint(z)
        return self.gap_from(self.objective(z, residual), residual, self.operator(residual))

    def gap_from(self, objective: Tensor, residual: Tensor, correlation: Tensor) -> Tensor:
        """``gap`` of codes whose ``objective``, residual and correlation W residual are known.

        The dual point is the residual, scaled to where |W theta| <= lambda on the support
        (W theta <= lambda for non-negative codes).
        """
        tiny = torch.finfo(torch.float64).tiny
        energy, inner = _energy(residual), _sum(self.x * residual)
        top = largest(correlation, self.support, self.nonnegative).double()
        scale = (
            (inner / energy.clamp_min(tiny)).clamp_min(0).minimum(self.lam / top.clamp_min(tiny))
        )
        dual = scale * inner - scale**2 * energy / 2
        gap = (objective - dual).clamp_min(0) / objective.clamp_min(tiny)
        return gap.nan_to_num(nan=torch.inf).to(self.x.dtype)


def _sum(values: Tensor) -> Tensor:
    """(B,): sums over all but the first dimension.

    The gap is a small difference of large sums, so these are in double precision, but for those
    over the channels, which are short.
    """
    return values.sum(1).flatten(1).sum(1, dtype=torch.float64)


def _energy(values: Tensor) -> Tensor:
    """(B,): sums of squares, in the same way."""
    return torch.linalg.vector_norm(values, dim=1).flatten(1).double().square().sum(1)


def lambda_max(
    operator: Convolution, x: Tensor, support: Tensor | None = None, nonnegative: bool = False
) -> Tensor:
    """(B,): the least lambda for which the code is zero, max |W x| (max W x for z >= 0).

    >>> lambda_max(Convolution(torch.ones(1, 1, 1), size=2), torch.tensor([[[1.0, -3.0]]]))
    tensor([3.])
    """
    return largest(operator(x), support, nonnegative)


def largest(correlation: Tensor, support: Tensor | None, nonnegative: bool) -> Tensor:
    """(B,): the largest correlation that counts: on the support, and of either sign or not."""
    if support is not None:
        correlation = correlation * support
    axes = tuple(range(1, correlation.ndim))
    top = correlation.amax(axes)
    return top.clamp_min(0) if nonnegative else torch.maximum(top, -correlation.amin(axes))
