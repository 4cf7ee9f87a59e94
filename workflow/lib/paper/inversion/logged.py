"""Inversions that say in the log how far they are."""

from torch import Tensor

from cnninvert.inversion.invert import Inversion, invert, usual_phases
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
    """``invert`` in its usual phases, so many ``evaluations`` in all; ``what`` is counted."""
    phases = usual_phases(known, evaluations)
    count = counter(sum(phase.evaluations for phase in phases), what)
    return invert(network, known, preprocessing, start=start, phases=phases, callback=count)
