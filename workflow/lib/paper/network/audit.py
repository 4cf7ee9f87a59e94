"""What each guarantee asks of a layer, and what the layer has."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.model_sparsity import ModelProjection, sample_codes
from cnninvert.theory.bounds import recovery_bound
from cnninvert.theory.coherence import coherences
from cnninvert.theory.coherence_law import coherence_quantile
from cnninvert.theory.frame_bounds import frame_bounds
from cnninvert.theory.rip import distortion, isometry_ratio
from cnninvert.theory.uniqueness import unique_sparsity
from cnninvert.theory.welch import convolutional_welch_bound
from cnninvert.theory.worst_codes import sum_projection, worst_distortion
from paper.network.places import LAID_OVER
from paper.network.silence import silenced_margin
from paper.theorem31 import values_needed

# Of random filters only, and of learned ones only, for they are what makes responses active.
ONLY_OF = {"values": "gaussian", "active": "learned", "spanned": "learned"}
CONFIDENCE = 0.95  # that random filters stay within their law
STARTS = 4  # codes from which the worst one is looked for ...
STEPS = 30  # ... in so many steps each way


@dataclass(frozen=True)
class Guarantee:
    """``most``: whether what is measured must be at most what is needed, or at least that."""

    title: str
    source: str
    most: bool


GUARANTEES = {
    "sampled": Guarantee("bound below 1, δ of random codes", "Theorem 3.3", True),
    "worst": Guarantee("bound below 1, δ of the worst code found", "Theorem 3.3", True),
    "values": Guarantee("values of a filter, for k as of photographs", "Theorem 3.1", False),
    "sums": Guarantee("the same for sums of two codes", "Corollary 3.2", True),
    "pairs": Guarantee("share of filters with a negative partner", "section 3.1", False),
    "opposite": Guarantee("how nearly opposite each filter's partner is", "section 3.1", False),
    "tight": Guarantee("tight frame: condition number of W", "Proposition 1", True),
    "coherence": Guarantee("coherence as of random filters", "Table 3", True),
    "welch": Guarantee("coherence over shifts as low as any", "Welch 1974", True),
    "unique": Guarantee("unique code: non-zeros", "Donoho and Elad 2003", True),
    "stripes": Guarantee("unique code: non-zeros in a stripe", "Papyan et al. 2017", True),
    "expansive": Guarantee("injective ReLU: code values an input value", "Puthawala 2022", False),
    "silence": Guarantee("no constant input silences all filters", "Puthawala 2022", True),
    "silence+": Guarantee("no non-negative one does", "Haider et al. 2023", True),
    "active": Guarantee("active responses an input value", "Puthawala 2022", False),
    "spanned": Guarantee("span of active filters, surroundings known", "Puthawala 2022", False),
}


@dataclass(frozen=True)
class Activity:
    """What photographs do to a layer, means over them.

    ``active``: the share of responses that the activation lets through; ``spanned``: the share of
    a square of the input that their filters span; ``nonzeros``: of a code after pooling and
    unpooling; ``share``: of its regions that hold one; ``stripe``: the most in a stripe;
    ``places``: n, how many each filter has. The first two are NaN where no theorem is about the
    activation.
    """

    active: float
    spanned: float
    nonzeros: float
    share: float
    stripe: float
    places: float


def audit(
    w: Convolution, activity: Activity | None, codes: int, c: float, random: torch.Generator
) -> Iterator[tuple[str, float, float]]:
    """Guarantee, what it needs and what was measured, for the layer's W on maps of codes.

    ``w``: with filters of unit norm. ``activity``: None where no activation follows the layer;
    guarantees for its codes are left out then. ``codes``: random ones, for the sampled delta.
    ``c``: Theorem 3.1's constant.
    """
    groups = w.filters.unflatten(0, (w.groups, -1))
    k, m, *taps = groups.shape[1:]
    dimension, strides = m * int(np.prod(taps)), w.axes(w.stride)
    redundancy = k / (m * int(np.prod(strides)))
    if activity:
        count = max(1, round(activity.share * _regions(w)))
        starts = sample_codes(
            max(codes, STARTS), w.code_shape[0], w.code_shape[1:], LAID_OVER, count, random
        ).to(w.filters)
        limit = largest_distortion()
        needed = values_needed(c, limit, activity.nonzeros, k, activity.places)
        yield "values", needed, float(dimension)
        yield "sampled", limit, distortion(isometry_ratio(w, starts[:codes]))
        one = ModelProjection(LAID_OVER, k=count)
        yield "worst", limit, worst_distortion(w, one, starts[:STARTS], STEPS)
        sums = starts[:STARTS] + starts[:STARTS].flip(0)
        yield "sums", limit, worst_distortion(w, sum_projection(LAID_OVER, count), sums, STEPS)
    if k > 1:
        opposite = [-_products(group).amin(1) for group in groups]
        largest = coherence_quantile(CONFIDENCE, k, dimension, signed=True)
        yield "pairs", 1.0, float(torch.cat(opposite).gt(largest).float().mean())
        yield "opposite", 1.0, float(torch.cat(opposite).mean())
        same = max(coherences(group)[0] for group in groups)
        yield "coherence", coherence_quantile(CONFIDENCE, k, dimension), same
    bounds = [frame_bounds(_dilated(group, w), strides, _side(w)) for group in groups]
    low, high = min(low for low, _ in bounds), max(high for _, high in bounds)
    # Below this share an eigenvalue is rounding error.
    yield "tight", 1.0, (high / low) ** 0.5 if low > 1e-12 * high else float("inf")
    square = len({*w.reach}) == len({*strides}) == 1
    if square:
        stride = strides[0]
        shifted = max(coherences(_dilated(group, w), True, stride)[0] for group in groups)
        reach = reach_in_codes(w)
        if bound := convolutional_welch_bound(redundancy, k * (2 * reach - 1) ** 2):
            yield "welch", bound, shifted
        if activity:
            yield "unique", unique_sparsity(shifted), activity.nonzeros
            yield "stripes", unique_sparsity(shifted), activity.stripe
    yield "expansive", 2.0, redundancy
    for name, nonnegative in (("silence", False), ("silence+", True)):
        margins = [silenced_margin(group, nonnegative) for group in groups]
        yield name, 0.0, min(margins)
    if activity:
        for name, share in (
            ("active", activity.active * redundancy),
            ("spanned", activity.spanned),
        ):
            if not np.isnan(share):
                yield name, 1.0, share


def verdict(guarantee: str, needs: float, measured: float) -> tuple[float, str]:
    """The factor by which the layer is off, above 1 where the guarantee fails, and the verdict.

    >>> verdict("expansive", 2.0, 1.0), verdict("sampled", 0.1, 0.05)
    ((2.0, 'fails'), (0.5, 'holds'))
    """
    most = GUARANTEES[guarantee].most
    over, under = (measured, needs) if most else (needs, measured)
    factor = over / under if under else (float("inf") if over else 1.0)
    return factor, "fails" if factor > 1 else "holds"


def largest_distortion() -> float:
    """The largest delta, for k and 2k alike, with which Theorem 3.3 promises an error below 1.

    >>> round(largest_distortion(), 4)
    0.1471
    """
    low, high = 0.0, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if recovery_bound(middle, middle) < 1 else (low, middle)
    return low


def reach_in_codes(w: Convolution) -> int:
    """In how many places of the code, along an axis, filters overlap that of the first place."""
    return -(-max(w.reach) // max(w.axes(w.stride)))


def _regions(w: Convolution) -> int:
    channels, *sizes = w.code_shape
    return channels * int(np.prod([-(-size // LAID_OVER) for size in sizes]))


def _products(filters: Tensor) -> Tensor:
    rows = filters.flatten(1)
    return (rows @ rows.T).fill_diagonal_(0)


def _dilated(filters: Tensor, w: Convolution) -> Tensor:
    """The filters of one group, with the zeros that dilation puts between their taps."""
    down, across = w.axes(w.dilation)
    spread = filters.new_zeros(*filters.shape[:2], *w.reach)
    spread[..., ::down, ::across] = filters
    return spread


def _side(w: Convolution) -> int:
    """Of the torus: 8, more for large filters; of a single tap all frequencies are alike."""
    return 1 if max(w.reach) == 1 else max(8, 2 * reach_in_codes(w))
