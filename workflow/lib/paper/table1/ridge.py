"""A linear classifier on frozen features by ridge regression: trained in closed form.

Features f_i get the scores W^T f_i + b. With one-hot targets y_i and a bias that is not penalised,

    sum_i ||W^T f_i + b - y_i||^2 + lambda ||W||^2

is least (Hoerl and Kennard 1970) at

    W = (F^T F + lambda I)^-1 F^T Y = F^T (F F^T + lambda I)^-1 Y,    b = mean(y) - W^T mean(f),

where the rows of F and Y are the centred features and targets: the primal system has the size of a
feature, the dual one has a row and a column an image. The smaller one is solved.

**Precision.** The largest eigenvalue of F^T F is about a tenth of their sum (random filters on
CIFAR-10), which is some thousand times the mean one; the smallest may be zero. At a penalty of 1e-4
of the mean the condition number thus passes 1e7, and a factorisation in float32 may fail. So
products of the features are summed in float32 over BLOCK terms only, and all that follows is in
float64. Features are centred before they are multiplied: being non-negative, they have a mean that
would drown their differences.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from machinery.errors import InputError

BLOCK = 2048  # rows or columns of the features that are in float32 at a time


@dataclass(frozen=True)
class Ridge:
    """A fitted classifier: ``weight`` (d, classes) and ``bias`` (classes,), both float32.

    ``penalty`` is the share that was chosen, and ``tried`` holds (share, held-out accuracy) for
    each that was tried.
    """

    weight: Tensor
    bias: Tensor
    penalty: float
    tried: list[tuple[float, float]]


def fit(
    features: Tensor, labels: Tensor, classes: int, penalties: list[float], held_out: Tensor
) -> Ridge:
    """Choose a penalty on the rows ``held_out``, then fit all rows with it.

    ``features``: (n, d), bfloat16 or float32; ``labels``: (n,) int64 below ``classes``;
    ``held_out``: (h,) int64, distinct rows. ``penalties`` have no unit: lambda is their product
    with the mean eigenvalue trace(F^T F) / min(rows, d) of the rows that are fitted. Of those with
    the best accuracy on the held-out rows the largest is chosen.

    Raises InputError where no row is held out or fewer than two are left, and where a penalty is
    too small to solve with; ValueError where penalties are not positive, and where the features are
    all the same or not finite.
    """
    if not penalties or min(penalties) <= 0:
        raise ValueError(f"penalties must be positive, and there must be one: {penalties}")
    count, dual = len(features), features.shape[0] < features.shape[1]
    labels, held_out = labels.to(features.device), held_out.to(features.device)
    seen = torch.ones(count, dtype=torch.bool, device=features.device)
    seen[held_out] = False
    rows = seen.nonzero()[:, 0]
    if len(rows) < 2 or not len(held_out):
        raise InputError(
            f"ridge: {len(held_out)} of {count} images are held out; "
            "hold out one or more, and leave two or more to fit."
        )
    targets = F.one_hot(labels, classes).double()
    everything = torch.cat([rows, held_out])
    centre, other = _mean(features, rows), _mean(features, held_out)
    # In the dual, what the held-out rows add stands behind the part that the first fits need.
    gram = _gram(features, everything if dual else rows, centre, dual)
    part = gram[: len(rows), : len(rows)] if dual else gram
    fits = _solve(part, features, rows, centre, targets[rows], penalties, dual)
    tried = []
    for penalty, (weight, bias) in zip(penalties, fits, strict=True):
        right = scores(features[held_out], weight, bias).argmax(1) == labels[held_out]
        tried.append((penalty, int(right.sum()) / len(held_out)))
    best = max(tried, key=lambda entry: (entry[1], entry[0]))[0]

    gap = other - centre
    if dual:
        gram -= gram.mean(0)
        gram -= gram.mean(1, keepdim=True)
    else:  # the scatter of two groups (Chan, Golub and LeVeque 1983)
        gram += _gram(features, held_out, other, dual)
        gram.addr_(gap, gap, alpha=len(rows) * len(held_out) / count)
    centre = centre + gap * (len(held_out) / count)
    (final,) = _solve(gram, features, everything, centre, targets[everything], [best], dual)
    return Ridge(*final, best, tried)


def scores(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """(n, d) features, bfloat16 or float32 -> (n, classes) float32; the largest is the label's."""
    return torch.cat([rows.float() @ weight for rows in features.split(BLOCK)]) + bias


def multiply_adds(rows: int, columns: int, penalties: int) -> int:
    """Of ``fit``: the symmetric product, and a Cholesky factor for each penalty and the last."""
    size = min(rows, columns)
    return rows * columns * size // 2 + (penalties + 1) * size**3 // 6


def memory(rows: int, columns: int) -> int:
    """Bytes that ``fit`` takes beside the features: the symmetric product and a factor of it."""
    return 2 * 8 * min(rows, columns) ** 2


def _solve(
    gram: Tensor,
    features: Tensor,
    rows: Tensor,
    centre: Tensor,
    targets: Tensor,
    penalties: list[float],
    dual: bool,
) -> Iterator[tuple[Tensor, Tensor]]:
    """(d, classes) weight and (classes,) bias for each penalty; ``gram`` is that of ``rows``."""
    mean = targets.mean(0)
    targets = targets - mean
    diagonal = gram.diagonal().clone()
    trace = float(diagonal.sum())
    if not 0 < trace < float("inf"):
        raise ValueError("the features are all the same or not finite")
    unit = trace / min(len(rows), features.shape[1])
    right = targets if dual else _correlate(features, rows, centre, targets)
    for penalty in penalties:
        # Only the diagonal is changed, and put back: a copy of the rest may take 2 GiB.
        gram.diagonal().add_(penalty * unit)
        factor, failed = torch.linalg.cholesky_ex(gram)
        gram.diagonal().copy_(diagonal)
        if failed:
            raise InputError(f"ridge: a penalty of {penalty} is too small to solve with; raise it.")
        weight = torch.cholesky_solve(right, factor)
        del factor  # before the next one is made
        if dual:
            weight = _correlate(features, rows, centre, weight)
        yield weight.float(), (mean - centre @ weight).float()


def _gram(features: Tensor, rows: Tensor, centre: Tensor, dual: bool) -> Tensor:
    """F F^T if ``dual``, F^T F otherwise, for F = features[rows] - centre; float64."""
    size = len(rows) if dual else features.shape[1]
    gram = torch.zeros(size, size, dtype=torch.float64, device=features.device)
    parts = [slice(start, start + BLOCK) for start in range(0, size, BLOCK)]
    blocks = _columns(features, rows, centre) if dual else _rows(features, rows, centre)
    for block in blocks:
        left = block if dual else block.T
        for at, i in enumerate(parts):
            for j in parts[: at + 1]:
                product = left[i] @ left[j].T
                gram[i, j] += product
                if i != j:
                    gram[j, i] += product.T
    return gram


def _correlate(features: Tensor, rows: Tensor, centre: Tensor, values: Tensor) -> Tensor:
    """F^T values for F = features[rows] - centre: (rows, classes) -> (d, classes), float64."""
    blocks = _columns(features, rows, centre)
    return torch.cat([(values.T @ block.double()).T for block in blocks])


def _mean(features: Tensor, rows: Tensor) -> Tensor:
    """(d,) float64: the mean of features[rows]."""
    sums = [features[part].sum(0, dtype=torch.float64) for part in rows.split(BLOCK)]
    return torch.stack(sums).sum(0) / len(rows)


def _rows(features: Tensor, rows: Tensor, centre: Tensor) -> Iterator[Tensor]:
    """Blocks of rows of features[rows] - centre, float32."""
    for part in rows.split(BLOCK):
        yield features[part].float() - centre.float()


def _columns(features: Tensor, rows: Tensor, centre: Tensor) -> Iterator[Tensor]:
    """Blocks of columns of features[rows] - centre, float32."""
    for some, middle in zip(features.split(BLOCK, dim=1), centre.split(BLOCK), strict=True):
        yield some[rows].float() - middle.float()
