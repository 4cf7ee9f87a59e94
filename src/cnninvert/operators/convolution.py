"""The matrix W of a convolutional layer, as an operator and its adjoint."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import index

import torch
import torch.nn.functional as F
from torch import Tensor

from cnninvert.operators import winograd
from cnninvert.operators.lanczos import lanczos
from cnninvert.operators.winograd import Sizes


@dataclass(frozen=True, eq=False)
class Convolution:
    """One layer's responses ``h = W x``, and signals of codes, ``x = W^T z`` (section 2.2).

    ``filters``: (K, M, l) for one-dimensional or (K, M, l, l') for two-dimensional signals; with
    ``groups``, (K, M / groups, ...), as PyTorch has it.
    ``size``: D, the length of the signals along each axis; an integer stands for all axes, here as
    for ``stride``, ``padding`` and ``dilation``.
    ``padding``: 0 is the paper's *valid* convolution, in which every row of W is a whole filter
    and W^T the *full* transposed convolution; (l - 1) / 2 is VGG's *same* convolution, whose
    rows are cut at the border. ``circular``: the padding repeats the signal instead of zeros.

    Raises ValueError for filters of another shape, signals that are smaller than the filters, and
    circular convolutions that are not of the same size.

    >>> w = Convolution(torch.ones(4, 3, 3, 3), size=8, padding=1)
    >>> w.signal_shape, w.code_shape
    ((3, 8, 8), (4, 8, 8))
    >>> x, z = torch.ones(1, 3, 8, 8), torch.ones(1, 4, 8, 8)
    >>> bool(torch.isclose((w(x) * z).sum(), (x * w.adjoint(z)).sum()))
    True
    """

    filters: Tensor
    size: Sizes
    stride: Sizes = 1
    padding: Sizes = 0
    circular: bool = False
    dilation: Sizes = 1
    groups: int = 1

    def __post_init__(self) -> None:
        if self.filters.ndim not in (3, 4):
            raise ValueError(f"filters are (K, M, l) or (K, M, l, l), not {self.filters.shape}")
        for name, least in (("size", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
            axes = self.axes(getattr(self, name))
            if len(axes) != self.dimensions or min(axes) < least:
                raise ValueError(f"{name} is {least} or more along {self.dimensions} axes: {axes}")
            one = name != "size" and len({*axes}) == 1
            object.__setattr__(self, name, axes[0] if one else axes)
        if self.groups < 1 or self.filters.shape[0] % self.groups:
            raise ValueError(f"{self.filters.shape[0]} filters are not {self.groups} equal groups")
        lengths, padding = self.reach, self.axes(self.padding)
        if self.circular and (
            self.stride != 1
            or any(2 * p != length - 1 for p, length in zip(padding, lengths, strict=True))
        ):
            raise ValueError("a circular convolution has stride 1 and padding (l - 1) / 2")
        if any(
            n + 2 * p < length or (self.circular and p > n)
            for n, p, length in zip(self.size, padding, lengths, strict=True)
        ):
            raise ValueError(f"filters of length {lengths} do not fit into signals of {self.size}")

    def axes(self, value: Sizes) -> tuple[int, ...]:
        """``value`` for each axis: an integer stands for all of them."""
        if isinstance(value, Sequence):
            return tuple(index(each) for each in value)
        return (index(value),) * self.dimensions

    @property
    def dimensions(self) -> int:
        """1 or 2: how many axes the convolution runs over."""
        return self.filters.ndim - 2

    @property
    def reach(self) -> tuple[int, ...]:
        """How many places of the signal a filter spans along each axis: l, if not dilated."""
        taps = self.filters.shape[2:]
        return tuple(
            1 + step * (length - 1)
            for step, length in zip(self.axes(self.dilation), taps, strict=True)
        )

    @property
    def signal_shape(self) -> tuple[int, ...]:
        """(M, D...), the shape of one signal."""
        return (self.groups * self.filters.shape[1], *self.size)

    @property
    def code_shape(self) -> tuple[int, ...]:
        """(K, n...), the shape of one code; n is the number of shifts along an axis."""
        axes = zip(
            self.size, self.reach, self.axes(self.padding), self.axes(self.stride), strict=True
        )
        counts = ((size + 2 * pad - reach) // stride + 1 for size, reach, pad, stride in axes)
        return (self.filters.shape[0], *counts)

    def __call__(self, x: Tensor) -> Tensor:
        """W x: (B, M, D...) -> (B, K, n...). Raises ValueError for signals of another shape."""
        _check(x, self.signal_shape, "signals")
        convolve = F.conv1d if self.dimensions == 1 else winograd.conv2d
        padding = self.padding
        if self.circular:
            around = [p for pad in reversed(self.axes(padding)) for p in (pad, pad)]
            x, padding = F.pad(x, around, mode="circular"), 0
        return convolve(x, self.filters, None, self.stride, padding, self.dilation, self.groups)

    def adjoint(self, z: Tensor) -> Tensor:
        """W^T z: (B, K, n...) -> (B, M, D...). Raises ValueError for codes of another shape."""
        _check(z, self.code_shape, "codes")
        transpose = F.conv_transpose1d if self.dimensions == 1 else winograd.conv_transpose2d
        spread = {"groups": self.groups, "dilation": self.dilation}
        padding = self.axes(self.padding)
        if self.circular:
            return _wrap(transpose(z, self.filters, **spread), padding, self.size)
        # What the stride leaves uncovered at the end of the signal.
        axes = zip(self.size, z.shape[2:], self.axes(self.stride), self.reach, padding, strict=True)
        rest = [
            size - (count - 1) * stride - reach + 2 * pad
            for size, count, stride, reach, pad in axes
        ]
        return transpose(z, self.filters, None, self.stride, padding, output_padding=rest, **spread)

    def plain(self) -> "Convolution":
        """The same map with square filters of one group, not dilated, and one stride and padding.

        What the solvers and RIP statistics are written for. Raises ValueError where there is none:
        for filters that are not square, and strides and paddings that differ between axes.

        >>> grouped = Convolution(torch.ones(4, 1, 2, 2), size=8, dilation=2, groups=2)
        >>> grouped.plain().filters.shape
        torch.Size([4, 2, 3, 3])
        """
        geometry = self.axes(self.stride), self.axes(self.padding), self.reach, self.size
        if any(len(set(values)) > 1 for values in geometry):
            raise ValueError(
                f"filters that span {self.reach} places of signals of {self.size}, stride "
                f"{self.stride}, padding {self.padding}: all axes must have the same"
            )
        (stride, *_), (padding, *_) = geometry[:2]
        filters = self.filters
        if self.groups > 1:
            k, m = filters.shape[:2]
            blocks = filters.new_zeros(
                self.groups, k // self.groups, self.groups, *filters.shape[1:]
            )
            each = torch.arange(self.groups)
            blocks[each, :, each] = filters.unflatten(0, (self.groups, -1))
            filters = blocks.view(k, self.groups * m, *filters.shape[2:])
        if self.reach != filters.shape[2:]:
            taps = tuple(slice(None, None, step) for step in self.axes(self.dilation))
            spread = filters.new_zeros(*filters.shape[:2], *self.reach)
            spread[(slice(None), slice(None), *taps)] = filters
            filters = spread
        return Convolution(filters, self.size, stride, padding, self.circular)

    def largest_eigenvalue(self, iterations: int = 15, seed: int = 0) -> float:
        """The largest eigenvalue of W^T W, by the method of Lanczos; NaN if it is not finite.

        It approaches the true value from below; 15 iterations leave about 1 %.

        >>> round(Convolution(torch.ones(1, 1, 1), size=5).largest_eigenvalue(), 3)
        1.0
        """
        noise = torch.Generator().manual_seed(seed)
        x = torch.randn((1, *self.signal_shape), generator=noise, dtype=self.filters.dtype)
        try:
            nodes, _ = lanczos(
                lambda x: self.adjoint(self(x)), x.to(self.filters.device), iterations
            )
        except torch.linalg.LinAlgError:
            return math.nan
        return float(nodes.max())


def _check(batch: Tensor, shape: tuple[int, ...], what: str) -> None:
    if tuple(batch.shape[1:]) != shape:
        raise ValueError(f"{what} are (B, {', '.join(map(str, shape))}), not {tuple(batch.shape)}")


def _wrap(padded: Tensor, paddings: tuple[int, ...], sizes: tuple[int, ...]) -> Tensor:
    """The adjoint of circular padding: what lies outside of the signal is added where it wraps."""
    for axis, (padding, size) in enumerate(zip(paddings, sizes, strict=True), start=2):
        inside = padded.narrow(axis, padding, size).clone()
        inside.narrow(axis, size - padding, padding).add_(padded.narrow(axis, 0, padding))
        inside.narrow(axis, 0, padding).add_(padded.narrow(axis, padding + size, padding))
        padded = inside
    return padded


def unit_norm(filters: Tensor) -> Tensor:
    """Filters (K, M, l...) scaled to unit l2 norm over channels and taps (section 2.2).

    A filter that is all zero, as trainings leave some, stays so.

    >>> unit_norm(torch.full((1, 1, 4), 3.0))
    tensor([[[0.5000, 0.5000, 0.5000, 0.5000]]])
    """
    norms = filters.flatten(1).norm(dim=1).clamp_min(torch.finfo(filters.dtype).tiny)
    return filters / norms.view(-1, *[1] * (filters.ndim - 1))


def gaussian_filters(
    shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Tensor:
    """(K, M, l...) filters with i.i.d. N(0, 1) entries scaled by 1 / sqrt(M l...) (Theorem 3.1).

    Their norms are 1 on average only; ``unit_norm`` makes them exactly 1.

    >>> gaussian_filters((64, 32, 3, 3), torch.Generator().manual_seed(0)).shape
    torch.Size([64, 32, 3, 3])
    """
    taps = torch.Size(shape[1:]).numel()
    return torch.randn(shape, generator=generator, dtype=dtype) / taps**0.5
