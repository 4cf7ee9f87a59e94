"""The phases of an inversion: what is minimised in them, and in which metric."""

from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from cnninvert.inversion.known import Known

EVALUATIONS = 240


@dataclass(frozen=True)
class Phase:
    """A number of ``evaluations`` in one metric.

    ``photographs``: how much the spectrum of photographs counts beside the measured Hessian; None:
    only the former counts. ``margin``: by how much a switch's place should exceed the other ones,
    relative to the layer's root mean square. ``variation``: the weight of the total variation a
    pixel. ``robust``: residuals of values that are larger than this, relative to the values' root
    mean square, count by their size, not by its square. ``by_error``: ``photographs`` is multiplied
    by the square of each picture's error of the values (or of the order, if that is larger), in
    percent.
    """

    evaluations: int
    photographs: float | None
    margin: float = 0.0
    variation: float = 0.0
    robust: float | None = None
    by_error: bool = False


# First what photographs are like decides, and the margin leads into the middle of the set of
# pictures that fit. Then the Hessian is measured, at the present picture; it counts more and more.
WITH_SWITCHES = (
    Phase(40, None, margin=0.03),
    Phase(40, 10, margin=0.03),
    Phase(40, 1),
    Phase(40, 0.1),
    Phase(80, 0.01),
)
# Without switches a maximum may stay with the wrong place for good. Smooth pictures come first.
# Then most places are right, and the others must not spoil the rest. What photographs are like
# counts as long as the values are not explained.
WITHOUT_SWITCHES = (
    Phase(50, None, variation=1),
    Phase(50, None, variation=0.1),
    Phase(40, None, variation=0.01, robust=0.3),
    Phase(50, 1, robust=0.1, by_error=True),
    Phase(50, 1, robust=0.03, by_error=True),
)
# The same from pictures like those that are looked for, such as a decoder's: most maxima are right
# from the first. Smoothness still keeps deep layers from fitting their values with noise.
FROM_PICTURES = (
    Phase(120, None, variation=0.1, robust=0.3),
    Phase(40, None, variation=0.03, robust=0.3),
    Phase(40, 1, variation=0.01, robust=0.1, by_error=True),
    Phase(40, 1, robust=0.03, by_error=True),
)


def usual_phases(
    known: Known, evaluations: int = EVALUATIONS, from_pictures: bool = False
) -> tuple[Phase, ...]:
    """The phases of ``invert``: ``WITH_SWITCHES``, or where none are known ``WITHOUT_SWITCHES``.

    In place of the latter ``FROM_PICTURES`` where the start is no grey. They are lengthened or
    shortened to so many ``evaluations`` in all; those that get none are left out.
    """
    without = FROM_PICTURES if from_pictures else WITHOUT_SWITCHES
    phases = WITH_SWITCHES if known.indices else without
    ends = list(accumulate(phase.evaluations for phase in phases))
    ends = [round(end * evaluations / ends[-1]) for end in ends]
    lengths = [end - start for start, end in pairwise([0, *ends])]
    return tuple(
        replace(phase, evaluations=length)
        for phase, length in zip(phases, lengths, strict=True)
        if length
    )
