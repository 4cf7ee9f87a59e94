"""Model-sparse codes for which W^T is farthest from an isometry: delta from below, at its worst.

delta_k is a maximum over *all* model-k-sparse codes. Random codes find a typical value; here the
ratio ||W^T z||^2 / ||z||^2 is driven up, and down, by the truncated power method (Yuan and Zhang,
JMLR 2013): a step of power iteration, then the projection onto the model. The ratio never falls
(or rises) on the way, for the projection is the best model-sparse approximation.
"""

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.model_sparsity import Projection, from_regions, to_regions
from cnninvert.operators.norms import norms, per_sample
from cnninvert.theory.rip import isometry_ratio


@torch.no_grad()
def extreme_ratios(
    operator: Convolution, project: Projection, start: Tensor, steps: int = 50
) -> tuple[Tensor, Tensor]:
    """(B,) each: the lowest and the highest ||W^T z|| / ||z|| that are reached from each start.

    ``project``: onto the model, by absolute values. ``start``: codes (B, K, n...), projected first.
    True bounds over the model are at least as far out. Raises ValueError for a start whose
    projection is zero.

    >>> from cnninvert import ModelProjection
    >>> w = Convolution(torch.tensor([[1.0, 0.0], [0.6, 0.8]]).view(2, 2, 1), size=1)
    >>> low, high = extreme_ratios(w, ModelProjection(region=1), torch.tensor([[[1.0], [0.5]]]))
    >>> round(float(low) ** 2, 3), round(float(high) ** 2, 3)
    (0.4, 1.6)
    """
    start = project(start)
    if not bool((norms(start) > 0).all()):
        raise ValueError("a start is zero once it is projected onto the model")
    # Any number above the largest eigenvalue of W W^T makes the way down a power iteration, too.
    ceiling = 1.05 * operator.largest_eigenvalue()

    def walk(z: Tensor, ascending: bool) -> Tensor:
        for _ in range(steps):
            z = z / per_sample(norms(z), z)
            image = operator(operator.adjoint(z))
            new = project(image if ascending else ceiling * z - image)
            z = torch.where(per_sample(norms(new), z) > 0, new, z)  # W^T z may be zero
        return isometry_ratio(operator, z)

    return walk(start, False), walk(start, True)


def worst_distortion(
    operator: Convolution, project: Projection, start: Tensor, steps: int = 50
) -> float:
    """A lower bound of delta_k: the largest |ratio^2 - 1| among ``extreme_ratios``."""
    low, high = extreme_ratios(operator, project, start, steps)
    return float(max((1 - low**2).max(), (high**2 - 1).max()))


def sum_projection(region: int | None, k: int) -> Projection:
    """The best approximation by sums of two model-k-sparse codes, as Corollary 3.2 has them.

    These are the codes with at most two non-zeros a region and at most 2k in all.

    >>> sum_projection(region=4, k=1)(torch.tensor([[[3.0, 1.0, -2.0, 0.5]]]))
    tensor([[[ 3.,  0., -2.,  0.]]])
    """

    def project(h: Tensor) -> Tensor:
        regions = to_regions(h, region)
        kept = regions.abs().topk(min(2, regions.shape[-1]), dim=-1).indices
        two = regions.new_zeros(regions.shape).scatter_(-1, kept, regions.gather(-1, kept))
        code = from_regions(two, region, tuple(h.shape[2:])).flatten(1)
        largest = code.abs().topk(min(2 * k, code.shape[1]), dim=1).indices
        code = code.new_zeros(code.shape).scatter_(1, largest, code.gather(1, largest))
        return code.view_as(h)

    return project
