"""The regions of a max-pooling, place by place."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Regions:
    """The regions that ``pool`` takes maxima of, in maps of ``rows`` x ``columns``.

    A region has k x k places, numbered row by row. Where padding or ``ceil_mode`` make a region
    reach over the edge, its outer places hold minus infinity, which never is the maximum.

    >>> regions = Regions(nn.MaxPool2d(2), 2, 2)
    >>> [place.item() for place in regions.places_of(torch.tensor([[[[1.0, 2.0], [4.0, 3.0]]]]))]
    [1.0, 2.0, 4.0, 3.0]
    """

    pool: nn.MaxPool2d
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of what the pooling gives."""
        empty = torch.empty(1, 1, self.rows, self.columns, device="meta")
        return tuple(self.pool(empty).shape[2:])

    @property
    def count(self) -> int:
        """The number of places of a region."""
        return self._axis(0)[0] * self._axis(1)[0]

    def places_of(self, x: Tensor) -> list[Tensor]:
        """``x`` (B, C, rows, columns) -> for each place, its value in all regions (B, C, h, w)."""
        starts, pads = [], []
        for axis, (length, count) in enumerate(
            zip((self.rows, self.columns), self.shape, strict=True)
        ):
            size, stride, padding, dilation = self._axis(axis)
            reach = (count - 1) * stride + (size - 1) * dilation + 1
            pads.append((padding, max(0, reach - padding - length)))
            starts.append(
                [
                    slice(i * dilation, i * dilation + (count - 1) * stride + 1, stride)
                    for i in range(size)
                ]
            )
        if any(map(any, pads)):
            x = F.pad(x, (*pads[1], *pads[0]), value=-torch.inf)
        return [x[:, :, row, column] for row in starts[0] for column in starts[1]]

    def places(self, indices: Tensor) -> Tensor:
        """The places of ``indices``, as ``max_pool2d(..., return_indices=True)`` gives them.

        uint8, or int32 where regions have more than 256 places.
        """
        height, width = indices.shape[2:]
        rows, columns = indices // self.columns, indices % self.columns
        found = []
        for axis, (at, count) in enumerate(((rows, height), (columns, width))):
            _, stride, padding, dilation = self._axis(axis)
            start = torch.arange(count, device=indices.device) * stride - padding
            found.append((at - (start.view(-1, 1) if axis == 0 else start)) // dilation)
        narrow = torch.uint8 if self.count <= 256 else torch.int32
        return (found[0] * self._axis(1)[0] + found[1]).to(narrow)

    def first_places(self, device: torch.device | str = "cpu") -> Tensor:
        """The first place (1, 1, h, w) of each region that lies in the map.

        It is what a pooling names where a region's values are all equal.
        """
        flat = torch.zeros(1, 1, self.rows, self.columns, device=device)
        return self.places(F.max_pool2d(flat, **self._geometry, return_indices=True)[1])

    @property
    def _geometry(self) -> dict:
        names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        return {name: getattr(self.pool, name) for name in names}

    def _axis(self, axis: int) -> tuple[int, ...]:
        pool = self.pool
        numbers = (pool.kernel_size, pool.stride, pool.padding, pool.dilation)
        return tuple(n if isinstance(n, int) else n[axis] for n in numbers)


def choose(places_of: list[Tensor], places: Tensor) -> Tensor:
    """Each region's value at its place; ``places_of`` and ``places`` are as ``Regions`` gives."""
    chosen = places_of[0]
    for number, values in enumerate(places_of[1:], start=1):
        chosen = torch.where(places == number, values, chosen)
    return chosen
