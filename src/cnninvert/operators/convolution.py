"""The matrix W of a convolutional layer, as an operator and its adjoint."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Convolution:
    """One layer's linear map ``z = W x`` and its adjoint ``x = W^T z`` (section 2.2).

    ``filters``: (K, M, l) for one-dimensional or (K, M, l, l) for two-dimensional signals.
    ``size``: D, the length of the signals along each axis; an integer stands for all axes.
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
    size: int | tuple[int, ...]
    stride: int = 1
    padding: int = 0
    circular: bool = False

    def __post_init__(self) -> None:
        if self.filters.ndim not in (3, 4):
            raise ValueError(f"filters are (K, M, l) or (K, M, l, l), not {self.filters.shape}")
        length = self.filters.shape[-1]
        if self.filters.shape[2:] != (length,) * self.dimensions:
            raise ValueError(f"filters are as long as they are wide, not {self.filters.shape}")
        if self.circular and (self.stride != 1 or 2 * self.padding != length - 1):
            raise ValueError("a circular convolution has stride 1 and padding (l - 1) / 2")
        sizes = (self.size,) * self.dimensions if isinstance(self.size, int) else tuple(self.size)
        if len(sizes) != self.dimensions or min(sizes) + 2 * self.padding < length:
            raise ValueError(f"filters of length {length} do not fit into signals of {sizes}")
        object.__setattr__(self, "size", sizes)

    @property
    def dimensions(self) -> int:
        """1 or 2: how many axes the convolution runs over."""
        return self.filters.ndim - 2

    @property
    def signal_shape(self) -> tuple[int, ...]:
        """(M, D...), the shape of one signal."""
        return (self.filters.shape[1], *self.size)

    @property
    def code_shape(self) -> tuple[int, ...]:
        """(K, n...), the shape of one code; n is the number of shifts along an axis."""
        room = 2 * self.padding - self.filters.shape[-1]
        return (self.filters.shape[0], *((size + room) // self.stride + 1 for size in self.size))

    def __call__(self, x: Tensor) -> Tensor:
        """W x: (B, M, D...) -> (B, K, n...). Raises ValueError for signals of another shape."""
        _check(x, self.signal_shape, "signals")
        convolve = F.conv1d if self.dimensions == 1 else F.conv2d
        if self.circular:
            wrapped = F.pad(x, [self.padding] * (2 * self.dimensions), mode="circular")
            return convolve(wrapped, self.filters)
        return convolve(x, self.filters, stride=self.stride, padding=self.padding)

    def adjoint(self, z: Tensor) -> Tensor:
        """W^T z: (B, K, n...) -> (B, M, D...). Raises ValueError for codes of another shape."""
        _check(z, self.code_shape, "codes")
        transpose = F.conv_transpose1d if self.dimensions == 1 else F.conv_transpose2d
        if self.circular:
            return _wrap(transpose(z, self.filters), self.padding, self.size)
        # What the stride leaves uncovered at the end of the signal.
        reach = self.filters.shape[-1] - 2 * self.padding
        rest = [
            size - (count - 1) * self.stride - reach
            for size, count in zip(self.size, z.shape[2:], strict=True)
        ]
        return transpose(
            z, self.filters, stride=self.stride, padding=self.padding, output_padding=rest
        )

    def largest_eigenvalue(self, iterations: int = 50, seed: int = 0) -> float:
        """The largest eigenvalue of W^T W, by power iteration.

        It approaches the true value from below; 50 iterations leave about 1 %.

        >>> round(Convolution(torch.ones(1, 1, 1), size=5).largest_eigenvalue(), 3)
        1.0
        """
        noise = torch.Generator().manual_seed(seed)
        x = torch.randn((1, *self.signal_shape), generator=noise, dtype=self.filters.dtype)
        x, value = x.to(self.filters.device), torch.zeros(())
        for _ in range(iterations):
            x = self.adjoint(self(x / x.norm()))
            value = x.norm()
        return float(value)


def _check(batch: Tensor, shape: tuple[int, ...], what: str) -> None:
    if tuple(batch.shape[1:]) != shape:
        raise ValueError(f"{what} are (B, {', '.join(map(str, shape))}), not {tuple(batch.shape)}")


def _wrap(padded: Tensor, padding: int, sizes: tuple[int, ...]) -> Tensor:
    """The adjoint of circular padding: what lies outside of the signal is added where it wraps."""
    for axis, size in enumerate(sizes, start=2):
        inside = padded.narrow(axis, padding, size).clone()
        inside.narrow(axis, size - padding, padding).add_(padded.narrow(axis, 0, padding))
        inside.narrow(axis, 0, padding).add_(padded.narrow(axis, padding + size, padding))
        padded = inside
    return padded


def unit_norm(filters: Tensor) -> Tensor:
    """Filters (K, M, l...) scaled to unit l2 norm over channels and taps (section 2.2).

    >>> unit_norm(torch.full((1, 1, 4), 3.0))
    tensor([[[0.5000, 0.5000, 0.5000, 0.5000]]])
    """
    return filters / filters.flatten(1).norm(dim=1).view(-1, *[1] * (filters.ndim - 1))


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
