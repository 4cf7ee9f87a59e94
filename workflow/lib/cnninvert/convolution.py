"""The matrix W of a convolutional layer, as an operator and its adjoint."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Convolution:
    """One layer's linear map ``z = W x`` and its adjoint ``x = W^T z`` (section 2.2).

    ``filters``: (K, M, l) for one-dimensional or (K, M, l, l) for two-dimensional signals.
    ``padding``: 0 is the paper's *valid* convolution, in which every row of W is a whole filter
    and W^T the *full* transposed convolution; (l - 1) / 2 is VGG's *same* convolution, whose
    rows are cut at the border. ``circular``: the padding repeats the signal instead of zeros.
    """

    filters: Tensor
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

    @property
    def dimensions(self) -> int:
        """1 or 2: how many axes the convolution runs over."""
        return self.filters.ndim - 2

    def output_size(self, size: int) -> int:
        """n, the number of shifts along an axis of length ``size``."""
        return (size + 2 * self.padding - self.filters.shape[-1]) // self.stride + 1

    def code_shape(self, size: int) -> tuple[int, ...]:
        """(K, n...), the shape of the code of one signal of length ``size``."""
        return (self.filters.shape[0], *(self.output_size(size),) * self.dimensions)

    def __call__(self, x: Tensor) -> Tensor:
        """W x: (B, M, D...) -> (B, K, n...)."""
        convolve = F.conv1d if self.dimensions == 1 else F.conv2d
        if self.circular:
            wrapped = F.pad(x, [self.padding] * (2 * self.dimensions), mode="circular")
            return convolve(wrapped, self.filters)
        return convolve(x, self.filters, stride=self.stride, padding=self.padding)

    def adjoint(self, z: Tensor, size: int) -> Tensor:
        """W^T z: (B, K, n...) -> (B, M, D...), with D = ``size`` along every axis."""
        transpose = F.conv_transpose1d if self.dimensions == 1 else F.conv_transpose2d
        if self.circular:
            return _wrap(transpose(z, self.filters), self.padding, size)
        covered = (z.shape[-1] - 1) * self.stride + self.filters.shape[-1] - 2 * self.padding
        return transpose(
            z, self.filters, stride=self.stride, padding=self.padding, output_padding=size - covered
        )

    def largest_eigenvalue(self, size: int, iterations: int = 50, seed: int = 0) -> float:
        """The largest eigenvalue of W^T W for signals of length ``size``, by power iteration.

        It approaches the true value from below; 50 iterations leave about 1 %.
        """
        shape = (1, self.filters.shape[1]) + (size,) * self.dimensions
        noise = torch.Generator().manual_seed(seed)
        x = torch.randn(shape, generator=noise, dtype=self.filters.dtype).to(self.filters.device)
        value = torch.zeros(())
        for _ in range(iterations):
            x = self.adjoint(self(x / x.norm()), size)
            value = x.norm()
        return float(value)


def _wrap(padded: Tensor, padding: int, size: int) -> Tensor:
    """The adjoint of circular padding: what lies outside of the signal is added where it wraps."""
    for axis in range(2, padded.ndim):
        inside = padded.narrow(axis, padding, size).clone()
        inside.narrow(axis, size - padding, padding).add_(padded.narrow(axis, 0, padding))
        inside.narrow(axis, 0, padding).add_(padded.narrow(axis, padding + size, padding))
        padded = inside
    return padded


def unit_norm(filters: Tensor) -> Tensor:
    """Filters scaled to unit l2 norm over channels and taps, one by one (section 2.2)."""
    return filters / filters.flatten(1).norm(dim=1).view(-1, *[1] * (filters.ndim - 1))


def gaussian_filters(
    shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Tensor:
    """(K, M, l...) filters with i.i.d. N(0, 1) entries scaled by 1 / sqrt(M l...) (Theorem 3.1).

    Their norms are 1 in the mean only; ``unit_norm`` makes them exactly 1.
    """
    taps = torch.Size(shape[1:]).numel()
    return torch.randn(shape, generator=generator, dtype=dtype) / taps**0.5
