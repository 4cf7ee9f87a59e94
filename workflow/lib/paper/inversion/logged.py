"""Inversions that say in the log how far they are."""

from torch import Tensor

from cnninvert.inversion.invert import Inversion, invert
from cnninvert.inversion.known import Known
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing
from machinery.progress import counter


def invert_logged(
    network: TracedNetwork,
    known: Known,
    preprocessing: Preprocessing,
    evaluations: int,
    start: Tensor | float | None = None,
    what: str = "evaluations",
) -> Inversion:
    """``invert`` with so many ``evaluations``; ``what`` is counted."""
    count = counter(evaluations, what)
    return invert(
        network, known, preprocessing, start=start, evaluations=evaluations, callback=count
    )
