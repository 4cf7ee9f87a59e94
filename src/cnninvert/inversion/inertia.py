"""How many singular values exceed a floor, without the Jacobian: for large pictures."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnninvert.inversion.equations import Equations
from cnninvert.inversion.metric import Metric, smooth_power
from cnninvert.operators.lanczos import Operator, lanczos

LARGEST = 20  # steps of Lanczos, for the largest eigenvalue
PROBES = 4  # random vectors, for the power at each frequency


@dataclass(frozen=True)
class Rank:
    """The ``share`` of singular values above ``floor`` times the largest, of as many as pixels.

    ``error``: its standard error over probes; nan for one probe.
    """

    floor: float
    share: float
    error: float


def rank_shares(
    equations: Equations,
    floors: Sequence[float],
    *,
    probes: int = 2,
    steps: int = 400,
    generator: torch.Generator | None = None,
    callback: Callable[[], None] | None = None,
) -> list[Rank]:
    """Numerical ranks of the Jacobian J of ``equations``, as shares of the number of pixels.

    By stochastic Lanczos quadrature (Ubaru, Chen and Saad 2017), which wants double precision; the
    picture's is used. ``probes``: random vectors. ``steps``: of Lanczos for each of them, for all
    floors together. Too few of them find too high a rank; for a floor of 0.001 a hundred are enough
    where there are more equations than pixels, and 400 where there are fewer. ``callback`` is
    called after each step.

    With fewer equations than pixels J J^T is looked at. Otherwise J^T J is, and most of its
    eigenvalues are near zero, beside the threshold t. As many exceed t as M (J^T J - t I) M has
    positive ones, for any symmetric and invertible M (Sylvester's law of inertia). M is
    (P + t I)^(-1/2), with P the power of J^T z at each frequency, for white noise z: this spreads
    the eigenvalues over [-1, 1].
    """
    generator = generator or torch.Generator().manual_seed(0)
    picture = equations.picture
    few = equations.are_few
    shape = (probes, len(equations)) if few else (probes, *picture.shape[1:])
    signs = torch.randint(2, shape, generator=generator).to(picture) * 2 - 1

    def gram(x: Tensor) -> Tensor:
        back, forth = equations.transposed, equations.products
        product = forth(back(x)) if few else back(forth(x))
        if callback:
            callback()
        return product

    if few:
        nodes, weights = lanczos(gram, signs, steps)
        sizes = nodes.clamp_min(torch.finfo(nodes.dtype).tiny).log()
        share = len(equations) / picture.numel()
        return [
            _rank(floor, share * positive_share(sizes - sizes.max() - 2 * math.log(floor), weights))
            for floor in floors
        ]
    nodes, _ = lanczos(gram, signs, min(LARGEST, steps))
    noise = (torch.randn(1, len(equations), generator=generator) for _ in range(PROBES))
    power = smooth_power(equations.transposed(z.to(picture)) for z in noise)[0]
    ranks = []
    for floor in floors:
        operator = _inertia(gram, power, floor**2 * nodes.max())
        quadrature = lanczos(operator, signs, _of_each(floors, steps))
        ranks.append(_rank(floor, positive_share(*quadrature)))
    return ranks


def step_count(equations: Equations, floors: Sequence[float], steps: int) -> int:
    """How many steps ``rank_shares`` takes: how often it calls back."""
    if equations.are_few:
        return steps
    return min(LARGEST, steps) + len(floors) * _of_each(floors, steps)


def _of_each(floors: Sequence[float], steps: int) -> int:
    """The steps for one of the floors."""
    return max(2, steps // len(floors))


def _inertia(gram: Operator, power: Tensor, threshold: Tensor) -> Operator:
    """M (J^T J - t I) M; ``power`` (H, W, C, C)."""
    values, vectors = torch.linalg.eigh(power)
    root = (values.clamp_min(0) + threshold).rsqrt()
    metric = Metric(((vectors * root.unsqueeze(-2)) @ vectors.mH)[None])

    def operator(x: Tensor) -> Tensor:
        y = metric(x)
        return metric(gram(y) - threshold * y)

    return operator


def _rank(floor: float, shares: Tensor) -> Rank:
    count = len(shares)
    error = shares.std().item() / math.sqrt(count) if count > 1 else math.nan
    return Rank(floor, shares.mean().item(), error)


def positive_share(nodes: Tensor, weights: Tensor) -> Tensor:
    """(B,): the share of positive eigenvalues that quadratures (B, m) see.

    The distribution function is taken to pass each node at half its weight, and linear in between.

    >>> positive_share(torch.tensor([[-1.0, 1.0, 2.0]]), torch.tensor([[0.5, 0.25, 0.25]]))
    tensor([0.5625])
    """
    below = weights.cumsum(1) - weights / 2
    after = (nodes <= 0).sum(1, keepdim=True)
    last = nodes.shape[1] - 1
    before, after = (after - 1).clamp(0, last), after.clamp(0, last)
    left, right = nodes.gather(1, before), nodes.gather(1, after)
    low, high = below.gather(1, before), below.gather(1, after)
    part = (-left / (right - left)).nan_to_num(0).clamp(0, 1)
    found = low + part * (high - low)
    found = torch.where(nodes[:, :1] > 0, 0, found)
    return 1 - torch.where(nodes[:, -1:] <= 0, 1, found)[:, 0]
