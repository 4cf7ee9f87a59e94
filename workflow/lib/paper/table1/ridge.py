"""A linear classifier on frozen features by ridge regression.

Features f_i get the scores W^T f_i + b. With one-hot targets y_i and a bias that is not penalised,

    sum_i ||W^T f_i + b - y_i||^2 + lambda ||W||^2

is least (Hoerl and Kennard 1970) at

    (F^T F + lambda I) W = F^T Y,    b = mean(y) - W^T mean(f),

where the rows of F and Y are the centred features and targets. Wide networks have 30,000 features
for each of 100,000 images: F^T F would take 8 GB and its factor hours. So the equations are solved
by conjugate gradients (Hestenes and Stiefel 1952), a column of W for each class, preconditioned by
the features' variances. Each iteration reads the features once, in float32, a block of rows at a
time; sums over blocks and all that follows are in float64. Each penalty starts from the solution
of the next larger one.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite

import torch
import torch.nn.functional as F
from torch import Tensor

from machinery.errors import InputError

log = logging.getLogger("cnninvert")

# Features that are in float32 at a time: they stay in a CPU's cache, where products find them. A
# GPU needs large products to be busy, and reads its memory fast.
BLOCK = {"cpu": 2**20, "cuda": 2**27}
# The gradient, relative to that of W = 0, at which a column is solved. At 1e-2 held-out accuracies
# are off by half a point for the smallest penalties; at 1e-4 they are those at 1e-3.
TOLERANCE = 1e-3
ITERATIONS = 300  # at most


@dataclass(frozen=True)
class Ridge:
    """A fitted classifier: ``weight`` (d, classes) and ``bias`` (classes,), both float32.

    ``penalty`` is the share that was chosen, and ``tried`` holds (share, held-out accuracy) for
    each that was tried, in order. ``iterations`` were taken in all fits together.
    """

    weight: Tensor
    bias: Tensor
    penalty: float
    tried: list[tuple[float, float]]
    iterations: int


def fit(
    features: Tensor,
    labels: Tensor,
    classes: int,
    penalties: list[float],
    held_out: Tensor,
    tolerance: float = TOLERANCE,
) -> Ridge:
    """Choose a penalty on the rows ``held_out``, then fit all rows with it.

    ``features``: (n, d), bfloat16 or float32; ``labels``: (n,) int64 below ``classes``;
    ``held_out``: (h,) int64, distinct rows. ``penalties`` have no unit: lambda is their product
    with the mean eigenvalue trace(F^T F) / min(rows, d) of the rows that are fitted. They are tried
    from the largest on, until the accuracy on the held-out rows falls; of those with the best the
    largest is chosen.

    Raises InputError where no row is held out or fewer than two are left; ValueError where
    penalties are not positive, and where the features are all the same or not finite. A warning
    says where conjugate gradients end before they are exact.
    """
    if not penalties or min(penalties) <= 0:
        raise ValueError(f"penalties must be positive, and there must be one: {penalties}")
    labels, held_out = labels.to(features.device), held_out.to(features.device)
    seen = torch.ones(len(features), dtype=torch.bool, device=features.device)
    seen[held_out] = False
    if int(seen.sum()) < 2 or not len(held_out):
        raise InputError(
            f"ridge: {len(held_out)} of {len(features)} images are held out; "
            "hold out one or more, and leave two or more to fit."
        )
    targets = F.one_hot(labels, classes).double()
    part = _Equations(features, targets, seen)
    weight = features.new_zeros(classes, features.shape[1], dtype=torch.float64)
    tried: list[tuple[float, float]] = []
    best, accuracy = weight, -1.0
    for share in sorted(penalties, reverse=True):
        weight = part.solve(weight, share, tolerance)
        guesses = scores(features[held_out], *part.classifier(weight)).argmax(1)
        tried.append((share, int((guesses == labels[held_out]).sum()) / len(held_out)))
        log.info("ridge: penalty %g, held out %.1f %%", share, 100 * tried[-1][1])
        if tried[-1][1] < accuracy:
            break
        if tried[-1][1] > accuracy:
            best, penalty, accuracy = weight, *tried[-1]
    everything = _Equations(features, targets, torch.ones_like(seen))
    final = everything.classifier(everything.solve(best, penalty, tolerance))
    return Ridge(*final, penalty, tried, part.iterations + everything.iterations)


def scores(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """(n, d) features, bfloat16 or float32 -> (n, classes) float32; the largest is the label's."""
    return torch.cat([rows.float() @ weight for rows in features.split(_rows(features))]) + bias


class _Equations:
    """(F^T F + lambda I) W = F^T Y for the rows ``some`` (n,) bool of features and targets.

    W is kept as (classes, d): products of a few rows are several times as fast as of a few columns.
    """

    def __init__(self, features: Tensor, targets: Tensor, some: Tensor) -> None:
        self.features, self.some, self.rows = features, some, _rows(features)
        self.count, self.iterations = int(some.sum()), 0
        sums = torch.zeros(2, features.shape[1], dtype=torch.float64, device=features.device)
        for block, here in self._blocks():
            chosen = here.float()[None]
            sums += torch.cat([chosen @ block, chosen @ block**2])
        self.centre = sums[0] / self.count
        self.scatter = (sums[1] - self.count * self.centre**2).clamp(min=0)
        trace = float(self.scatter.sum())
        # Less is what rounding leaves of features that are all the same.
        if not 1e-6 * float(sums[1].sum()) < trace < float("inf"):
            raise ValueError("the features are all the same or not finite")
        self.unit = trace / min(self.count, features.shape[1])
        self.mean = targets[some].mean(0)
        targets = (targets - self.mean).float()
        self.right = self._correlate(lambda _, rows: targets[rows])

    def solve(self, weight: Tensor, penalty: float, tolerance: float) -> Tensor:
        """(classes, d) float64, from the first guess ``weight``; a warning if it is not exact."""
        shift = penalty * self.unit
        scale = 1 / (self.scatter + shift)
        enough = tolerance * self.right.norm(dim=1)
        residual = self.right - self._product(weight) - shift * weight
        direction = scaled = scale * residual
        square = (residual * scaled).sum(1, keepdim=True)
        for _ in range(ITERATIONS):
            if bool((residual.norm(dim=1) <= enough).all()):
                return weight
            ahead = self._product(direction) + shift * direction
            step = _ratio(square, (direction * ahead).sum(1, keepdim=True))
            weight, residual = weight + step * direction, residual - step * ahead
            scaled = scale * residual
            before, square = square, (residual * scaled).sum(1, keepdim=True)
            direction = scaled + _ratio(square, before) * direction
            self.iterations += 1
        left = float((residual.norm(dim=1) / enough).max()) * tolerance
        if not isfinite(left):
            raise ValueError("ridge regression diverges; the features are too large")
        log.warning(
            "ridge: penalty %g: after %d iterations a relative residual of %.1g is left, not %g",
            penalty,
            ITERATIONS,
            left,
            tolerance,
        )
        return weight

    def classifier(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Weight (d, classes) and bias, float32."""
        return weight.T.float(), (self.mean - weight @ self.centre).float()

    def _product(self, weight: Tensor) -> Tensor:
        """F^T F weight, (classes, d)."""
        columns, level = weight.float(), (weight @ self.centre).float()
        return self._correlate(lambda block, _: (columns @ block.T).T - level)

    def _correlate(self, values: Callable[[Tensor, slice], Tensor]) -> Tensor:
        """V^T F, (classes, d) float64; rows that are not among ``some`` do not count.

        ``values`` gives the rows of V from a block of the features and its place.
        """
        shape = self.mean.shape[0], self.features.shape[1]
        total = torch.zeros(shape, dtype=torch.float64, device=self.features.device)
        sums = torch.zeros_like(self.mean)
        for number, (block, here) in enumerate(self._blocks()):
            rows = slice(number * self.rows, (number + 1) * self.rows)
            v = values(block, rows) * here[:, None]
            total += v.T @ block
            sums += v.sum(0)
        return total - sums[:, None] * self.centre

    def _blocks(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Blocks of rows in float32, each valid until the next, and which of them count."""
        shape = self.rows, self.features.shape[1]
        space = self.features.new_empty(shape, dtype=torch.float32)
        parts = zip(self.features.split(self.rows), self.some.split(self.rows), strict=True)
        for block, here in parts:
            yield space[: len(block)].copy_(block), here


def _rows(features: Tensor) -> int:
    """Of a block of ``features`` (n, d)."""
    return max(1, BLOCK[features.device.type] // features.shape[1])


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    """above / below, and 0 where both are: a column that is solved."""
    return torch.where(below > 0, above / below.clamp(min=1e-300), 0)
