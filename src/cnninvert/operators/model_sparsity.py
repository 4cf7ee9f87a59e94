"""Model-k-sparse codes, and the projection M(h, k) onto them (section 2.3, eq. 2).

A code z has K channels; each channel is cut into pooling regions, and z is *model-k-sparse* if
no region holds more than one non-zero and there are at most k non-zeros in all. Max-pooling
followed by unpooling is what makes a CNN's response model-sparse.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from cnninvert.operators.layout import channels_last, stored_like
from cnninvert.operators.switches import Switches

Magnitude = Literal["signed", "absolute"]
# Responses (B, K, n...) to codes of the same shape.
Projection = Callable[[Tensor], Tensor]


def to_regions(h: Tensor, region: int | None, fill: float = 0.0) -> Tensor:
    """(B, K, n...) -> (B, K, G, R): the G pooling regions of each channel, R places each.

    ``region`` is the regions' side; None makes each channel one region (the theory's blocks).
    Where it does not divide n, the last regions are completed with ``fill``.

    >>> to_regions(torch.arange(4.0).view(1, 1, 4), region=2)
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """
    if region is None:
        return h.flatten(2).unsqueeze(2)
    sizes = h.shape[2:]
    missing = [-size % region for size in sizes]
    if any(missing):
        h = F.pad(h, [p for m in reversed(missing) for p in (0, m)], value=fill)
    if len(sizes) == 1:
        return h.unflatten(2, (-1, region))
    b, k, height, width = h.shape
    h = h.view(b, k, height // region, region, width // region, region)
    return h.transpose(3, 4).reshape(b, k, -1, region * region)


def from_regions(regions: Tensor, region: int | None, sizes: tuple[int, ...]) -> Tensor:
    """The inverse of ``to_regions`` for codes of shape (B, K, *sizes).

    >>> from_regions(to_regions(torch.arange(3.0).view(1, 1, 3), region=2), 2, (3,))
    tensor([[[0., 1., 2.]]])
    """
    b, k = regions.shape[:2]
    if region is None:
        return regions.reshape(b, k, *sizes)
    if len(sizes) == 1:
        return regions.flatten(2)[..., : sizes[0]]
    rows, columns = (-(-size // region) for size in sizes)
    z = regions.view(b, k, rows, columns, region, region).transpose(3, 4)
    return z.reshape(b, k, rows * region, columns * region)[..., : sizes[0], : sizes[1]]


@dataclass(frozen=True)
class ModelProjection:
    """M(h, k) = block-sparsify(upsample(max-pool(h), switches), k): equation (2), section 2.3.

    ``region``: side of the pooling regions, None for one region a channel.
    ``switches``: ``known`` puts a maximum back where it was, ``fixed`` (the paper's "naive")
    in the first place of its region.
    ``magnitude``: whether the maximum is of the values or of their absolute values.
    ``share``: the share of the regions that are kept, the largest ones; ``k``: their number. With
    neither, all are kept. Raises ValueError for both, and for what is none of these.

    >>> h = torch.tensor([[[1.0, -3.0, 2.0, 0.0]]])
    >>> ModelProjection(region=2)(h)
    tensor([[[ 0., -3.,  2.,  0.]]])
    >>> ModelProjection(region=2, magnitude="signed", switches="fixed", k=1)(h)
    tensor([[[0., 0., 2., 0.]]])
    """

    region: int | None = 2
    switches: Switches = "known"
    magnitude: Magnitude = "absolute"
    share: float | None = None
    k: int | None = None

    def __post_init__(self) -> None:
        if self.share is not None and self.k is not None:
            raise ValueError("give share or k, not both")
        for name, choices in (("switches", Switches), ("magnitude", Magnitude)):
            if (given := getattr(self, name)) not in get_args(choices):
                words = " or ".join(get_args(choices))
                raise ValueError(f"{name} must be {words}, not {given!r}")
        if self.region is not None and self.region < 1:
            raise ValueError(f"a region has a side of 1 or more, not {self.region}")
        if self.share is not None and not 0 <= self.share <= 1:
            raise ValueError(f"a share is between 0 and 1, not {self.share}")
        if self.k is not None and self.k < 0:
            raise ValueError(f"k is 0 or more, not {self.k}")

    def __call__(self, h: Tensor) -> Tensor:
        """Project responses (B, K, n...) to model-sparse codes of the same shape."""
        return self.place(*self.pool(h), tuple(h.shape[2:]))

    def pool(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """Max-pooling: the values and where they are in their channel of ``h``, both (B, K, g...).

        There are g regions along an axis; a place is a number, as ``max_pool2d`` counts them.
        """
        pooling = F.max_pool1d if h.ndim == 3 else F.max_pool2d
        regions = self._regions(h.shape[2:])
        if self.magnitude == "signed":
            return pooling(h, regions, ceil_mode=True, return_indices=True)
        _, places = pooling(h.abs(), regions, ceil_mode=True, return_indices=True)
        flat, index = h.flatten(2), places.flatten(2)
        # Along the axis whose steps are long, so that what is read lies together.
        values = flat.mT.gather(1, index.mT).mT if channels_last(h) else flat.gather(2, index)
        return values.unflatten(2, places.shape[2:]), places

    def place(self, values: Tensor, places: Tensor, sizes: tuple[int, ...]) -> Tensor:
        """Block-sparsify pooled ``values`` and put them back into codes of ``sizes``."""
        values = self.keep_largest(values)
        codes = stored_like(values.new_zeros(*values.shape[:2], *sizes), places)
        if self.switches == "fixed":
            first = (slice(None, None, side) for side in self._regions(sizes))
            codes[(..., *first)] = values
        elif channels_last(places):
            codes.flatten(2).mT.scatter_(1, places.flatten(2).mT, values.flatten(2).mT)
        else:
            codes.flatten(2).scatter_(2, places.flatten(2), values.flatten(2))
        return codes

    def _regions(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sizes if self.region is None else [self.region] * len(sizes))

    def keep_largest(self, values: Tensor) -> Tensor:
        """Block-sparsify pooled ``values`` (B, K, g...): all but the largest become zero."""
        count = values.shape[1:].numel()
        k = round(self.share * count) if self.share is not None else self.k
        if k is None or k >= count:
            return values
        if k == 0:
            return torch.zeros_like(values)
        size = (values.abs() if self.magnitude == "absolute" else values).flatten(1)
        kept = size.topk(k, dim=1, sorted=False).indices
        mask = torch.zeros_like(size, dtype=torch.bool).scatter_(1, kept, True)
        return torch.where(mask.view_as(values), values, 0.0)


def is_model_sparse(z: Tensor, region: int | None, k: int | None = None) -> bool:
    """Whether every code of the batch (B, K, n...) is model-k-sparse (section 2.3).

    >>> is_model_sparse(torch.tensor([[[1.0, 0.0, 0.0, 2.0]]]), region=2, k=1)
    False
    """
    nonzero = to_regions(z, region) != 0
    one_a_region = bool((nonzero.sum(-1) <= 1).all())
    return one_a_region and (k is None or bool((nonzero.flatten(1).sum(1) <= k).all()))


def sample_codes(
    count: int,
    channels: int,
    sizes: tuple[int, ...],
    region: int | None,
    k: int,
    generator: torch.Generator,
) -> Tensor:
    """(count, channels, *sizes) random model-k-sparse codes (sections 4.2 and 4.4).

    The k regions and the place in each are drawn uniformly, the values from U[-1, 1].
    Places outside a partial region at the border are never drawn. Raises ValueError if there are
    fewer than k regions.

    >>> z = sample_codes(2, 8, (6, 6), 2, k=10, generator=torch.Generator().manual_seed(0))
    >>> z.shape, is_model_sparse(z, region=2, k=10)
    (torch.Size([2, 8, 6, 6]), True)
    """
    inside = to_regions(torch.ones(1, 1, *sizes), region)[0, 0]
    groups = inside.shape[0]
    if k > channels * groups:
        raise ValueError(f"k = {k} exceeds the {channels * groups} regions of a code")
    # One row of weights for each region, so that a region is drawn once.
    order = torch.rand(count, channels * groups, generator=generator).topk(k, dim=1).indices
    place = torch.multinomial(inside[order.flatten() % groups], 1, generator=generator)
    values = torch.rand(count, k, generator=generator) * 2 - 1
    regions = torch.zeros(count, channels * groups, inside.shape[1])
    rows = torch.arange(count).repeat_interleave(k)
    regions[rows, order.flatten(), place.flatten()] = values.flatten()
    return from_regions(regions.view(count, channels, groups, -1), region, sizes)
