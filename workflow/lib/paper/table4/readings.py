"""The readings of Table 4: what the paper leaves open about one IHT step. Free of torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal


@dataclass(frozen=True)
class Reading:
    """One way to compute x^ from x.

    ``padding``: VGG's same convolution, or the theory's valid one. ``filters``: scaled to unit
    norm, or as they are (trained; Gaussian with 1 / sqrt(M l^2)). ``maximum``: pooling takes the
    largest value or the largest absolute value. ``relu``: none, before pooling, or on x^ (pool(i)
    is non-negative). ``switches``: see ModelProjection. ``k``: every region is kept, or so many as
    Table 2's share of conv(i+1, 1)'s positions, or that share of the regions. ``norm``: x^ scaled
    to the norm of x, or kept. The defaults are the reading that comes closest to Table 4.
    """

    padding: Literal["same", "valid"] = "same"
    filters: Literal["unit", "given"] = "unit"
    maximum: Literal["signed", "absolute"] = "signed"
    relu: Literal["none", "before", "after"] = "none"
    switches: Literal["known", "fixed"] = "known"
    k: Literal["all", "positions", "regions"] = "all"
    norm: Literal["scaled", "kept"] = "scaled"

    def __str__(self) -> str:
        return ",".join(f"{name}={value}" for name, value in vars(self).items())


# After a ReLU the signed and the absolute maximum are the same.
_MAXIMUM_AND_RELU = (
    ("signed", "none"),
    ("signed", "after"),
    ("absolute", "none"),
    ("absolute", "after"),
    ("signed", "before"),
)


def readings() -> Iterator[Reading]:
    """All readings of x^ that differ."""
    for padding, filters, (maximum, relu), switches, k, norm in product(
        ("same", "valid"),
        ("unit", "given"),
        _MAXIMUM_AND_RELU,
        ("known", "fixed"),
        ("all", "positions", "regions"),
        ("scaled", "kept"),
    ):
        yield Reading(padding, filters, maximum, relu, switches, k, norm)
