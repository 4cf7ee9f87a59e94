"""What Table 4 decodes beside an original activation: its reconstructions, and noise."""

from collections.abc import Iterator, Mapping

from torch import Tensor

from cnninvert.filter_banks import noise_like
from cnninvert.method_datasets import dataset
from cnninvert.readings import Reading
from cnninvert.reconstruction import reconstruct
from cnninvert.switches import Switches

# How one IHT step is taken, by its switches: the readings closest to the paper.
READINGS: dict[Switches, Reading] = {
    "known": Reading(switches="known"),
    "fixed": Reading(switches="fixed"),
}


def reconstructions(
    x: Tensor,
    banks: Mapping[tuple[str, int], Tensor],
    layer: str,
    seed: int,
    image: int,
    switches: tuple[Switches, ...] = ("known", "fixed"),
) -> Iterator[tuple[str, Tensor]]:
    """Yield (name, x^) for the activation ``x`` (1, M, D, D) of the pool ``layer``.

    ``banks``: as ``filter_banks`` gives them, each used with each of ``switches``; the names are
    noise, learned_known, gaussian0_known, gaussian1_known, ... ``image`` numbers the photographs:
    each has its own noise.
    """
    yield "noise", noise_like(x, layer, seed, image)
    for each in switches:
        for (kind, bank), filters in banks.items():
            yield dataset(kind, bank, each), reconstruct(x, filters, READINGS[each], density=1.0)
