"""Convolutions with 3 x 3 filters, by a quarter of the multiplications.

Winograd's minimal filtering F(4 x 4, 3 x 3), as Lavin and Gray brought it to CNNs (CVPR 2016). A
tile d of 6 x 6 pixels and a filter g of 3 x 3 give 4 x 4 outputs

    A^T ((G g G^T) * (B^T d B)) A,

where * multiplies 36 numbers instead of the 144 of the definition. Summed over input channels, each
of the 36 is a product of matrices, (tiles, C) by (C, K). The transforms cost as much for every
filter bank, and that of the filters as much for every number of tiles, so wide layers with large
maps gain: see :func:`pays`.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

STEP, TILE = 4, 6  # pixels of output and of input of a tile, along an axis
# Transforms of a pixel row of the input, of a filter row, and to a row of outputs.
B_T = [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
]
G = [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
]
A_T = [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
]
# Channels, by the CPU's vectors, and tiles, from which it is faster than PyTorch's convolution.
WIDE, WIDE_AVX2, MANY = 128, 48, 64
BLOCK = 2**24  # bytes of transformed tiles at a time, so that they stay in the cache

Sizes = int | tuple[int, ...]  # one for all axes, or one for each


def conv2d(
    x: Tensor,
    filters: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """``F.conv2d``, by Winograd's way where that pays.

    >>> conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3), torch.ones(1)).shape
    torch.Size([1, 1, 2, 2])
    """
    if _ones(stride, padding, dilation, groups) and pays(x, filters):
        return _shifted(convolve(x, filters), bias)
    return F.conv2d(x, filters, bias, stride, padding, dilation, groups)


def conv_transpose2d(
    x: Tensor,
    filters: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """``F.conv_transpose2d``, by Winograd's way where that pays.

    >>> conv_transpose2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3)).shape
    torch.Size([1, 1, 6, 6])
    """
    if _ones(stride, padding, dilation, groups) and pays(x, filters.transpose(0, 1)):
        return _shifted(convolve(x, filters.flip(2, 3).transpose(0, 1)), bias)
    return F.conv_transpose2d(x, filters, bias, stride, padding, output_padding, groups, dilation)


def convolve(x: Tensor, filters: Tensor) -> Tensor:
    """(N, C, H, W) signals and (K, C, 3, 3) filters -> (N, K, H, W), with padding 1.

    In float32 the relative error is about 3e-6, ten times that of the definition. The result is
    channels_last; both arguments get their gradients, by the same savings. Raises ValueError for
    filters of another size.

    >>> x, filters = torch.ones(1, 1, 5, 5), torch.ones(1, 1, 3, 3)
    >>> convolve(x, filters)[0, 0, 0].round(decimals=4).tolist()
    [4.0, 6.0, 6.0, 6.0, 4.0]
    """
    if filters.shape[2:] != (3, 3):
        raise ValueError(f"filters are (K, C, 3, 3), not {tuple(filters.shape)}")
    return _Convolution.apply(x, filters)


def pays(x: Tensor, filters: Tensor) -> bool:
    """Whether :func:`convolve` is the faster way: wide 3 x 3 banks in float32 on a CPU."""
    least = WIDE_AVX2 if torch.backends.cpu.get_cpu_capability() == "AVX2" else WIDE
    wide = min(filters.shape[:2]) >= least and filters.shape[2:] == (3, 3)
    tiles = len(x) * _tiles_of(x)
    single = x.dtype == filters.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    return wide and tiles >= MANY and x.device.type == "cpu" and single


class _Convolution(torch.autograd.Function):
    """:func:`convolve`, and back: the adjoint is a convolution with the filters turned around."""

    @staticmethod
    def forward(ctx, x: Tensor, filters: Tensor) -> Tensor:
        of_one = x.element_size() * TILE**2 * max(filters.shape[:2]) * _tiles_of(x)
        ctx.signals = max(1, BLOCK // of_one)  # at a time
        outputs, kept = [], []
        for part in x.split(ctx.signals):
            pixels = _transformed(part)
            outputs.append(_outputs(pixels, filters, part.shape))
            if ctx.needs_input_grad[1]:
                kept.append(pixels)
        ctx.save_for_backward(filters, *kept)
        return _joined(outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        filters, *kept = ctx.saved_tensors
        gradients = gradient.split(ctx.signals)
        of_x = of_filters = None
        if ctx.needs_input_grad[0]:
            turned = filters.flip(2, 3).transpose(0, 1)
            of_x = _joined([_outputs(_transformed(part), turned, part.shape) for part in gradients])
        if ctx.needs_input_grad[1]:
            products = sum(map(_products, kept, gradients))
            taps = _both_axes(G, products).T @ products.flatten(1)
            of_filters = taps.view(3, 3, *products.shape[1:]).permute(3, 2, 0, 1)
        return of_x, of_filters


def _ones(*geometry: Sizes) -> bool:
    return all(number in (1, (1, 1)) for number in geometry)


def _shifted(z: Tensor, bias: Tensor | None) -> Tensor:
    return z if bias is None else z + bias.view(-1, 1, 1)


def _tiles_of(x: Tensor) -> int:
    """How many tiles one of the signals has."""
    return math.prod(-(-side // STEP) for side in x.shape[2:])


def _joined(parts: list[Tensor]) -> Tensor:
    """One batch of (N, K, H, W), channels_last as its parts are."""
    if len(parts) == 1:
        return parts[0]
    return torch.cat([part.permute(0, 2, 3, 1) for part in parts]).permute(0, 3, 1, 2)


def _products(pixels: Tensor, gradient: Tensor) -> Tensor:
    """(36, C, K): the gradient of the transformed filters."""
    outputs = _tiles(gradient, STEP, border=0)
    spread = torch.bmm(_both_axes(A_T, outputs).T.expand(len(outputs), -1, -1), outputs)
    return torch.bmm(pixels.permute(1, 2, 0), spread.transpose(0, 1))


def _transformed(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (tiles, 36, C): B^T d B of each tile d."""
    tiles = _tiles(x, TILE, border=1)
    return torch.bmm(_both_axes(B_T, x).expand(len(tiles), -1, -1), tiles)


def _tiles(x: Tensor, side: int, border: int) -> Tensor:
    """(N, C, H, W) -> (tiles, side^2, C), a tile every STEP pixels; zeros beyond the borders."""
    height, width = x.shape[2:]
    below, right = (border + -length % STEP for length in (height, width))
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, border, right, border, below))
    tiles = padded.unfold(1, side, STEP).unfold(2, side, STEP)  # (N, rows, columns, C, side, side)
    return tiles.permute(0, 1, 2, 4, 5, 3).reshape(-1, side**2, x.shape[1])


def _outputs(pixels: Tensor, filters: Tensor, shape: torch.Size) -> Tensor:
    """(N, K, H, W) from the transformed tiles of signals of ``shape``, (N, C, H, W)."""
    kernels, channels = filters.shape[:2]
    taps = _both_axes(G, pixels) @ filters.permute(2, 3, 1, 0).reshape(9, -1)
    products = torch.bmm(pixels.transpose(0, 1), taps.view(TILE**2, channels, kernels))
    outputs = torch.bmm(
        _both_axes(A_T, pixels).expand(len(pixels), -1, -1), products.transpose(0, 1)
    )
    count, _, height, width = shape
    rows, columns = -(-height // STEP), -(-width // STEP)
    outputs = outputs.view(count, rows, columns, STEP, STEP, kernels).transpose(2, 3)
    outputs = outputs.reshape(count, STEP * rows, STEP * columns, kernels)
    return outputs[:, :height, :width].permute(0, 3, 1, 2)


def _both_axes(rows: list[list[float]], like: Tensor) -> Tensor:
    """The transform of an image's rows and columns, as one matrix."""
    matrix = like.new_tensor(rows)
    return torch.kron(matrix, matrix)
