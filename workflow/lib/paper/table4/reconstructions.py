"""What Table 4 decodes beside an original activation: its reconstructions, and noise."""

from collections.abc import Iterator, Mapping

from torch import Tensor

from cnninvert.operators.switches import Switches
from paper.table4.filter_banks import noise_like
from paper.table4.readings import Reading
from paper.table4.reconstruction import reconstruct

# How one IHT step is taken, by its switches: the readings closest to the paper.
READINGS: dict[Switches, Reading] = {
    "known": Reading(switches="known"),
    "fixed": Reading(switches="fixed"),
}


def one_step_reconstructions(
    x: Tensor,
    banks: Mapping[str, Tensor],
    layer: str,
    seed: int,
    image: int,
    switches: tuple[Switches, ...] = ("known", "fixed"),
) -> Iterator[tuple[str, Tensor]]:
    """Yield (name, x^) for the activation ``x`` (1, M, D, D) of the pool ``layer``.

    ``banks``: as ``filter_banks`` gives them, each used with each of ``switches``; the names are
    noise, learned_known, gaussian_known, learned_fixed, gaussian_fixed. ``image`` numbers the
    photographs: each has its own noise.
    """
    yield "noise", noise_like(x, layer, seed, image)
    for each in switches:
        for kind, filters in banks.items():
            yield f"{kind}_{each}", reconstruct(x, filters, READINGS[each], density=1.0)
