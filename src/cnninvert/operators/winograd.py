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
from torch.nn.grad import conv2d_weight

STEP, TILE = 4, 6  # pixels of output and of input of a tile, along an axis
MARGIN = TILE - STEP  # by so much an axis of the input is longer than of the output, unpadded
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
# Channels and tiles from which it is faster than PyTorch's convolution, with AVX2 and on others.
WIDE_AVX2, MANY_AVX2 = 48, 32
WIDE, MANY = 128, 80
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
    border = _border(padding)
    if border is not None and _ones(stride, dilation, groups) and pays(x, filters, border):
        return convolve(x, filters, border, bias)
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
    border = _border(padding)
    if border is not None and _ones(stride, dilation, groups) and pays(x, filters, MARGIN - border):
        return convolve(x, filters.flip(2, 3).transpose(0, 1), MARGIN - border, bias)
    return F.conv_transpose2d(x, filters, bias, stride, padding, output_padding, groups, dilation)


def convolve(x: Tensor, filters: Tensor, padding: int = 1, bias: Tensor | None = None) -> Tensor:
    """(N, C, H, W) signals and (K, C, 3, 3) filters -> (N, K, H + 2p - 2, W + 2p - 2).

    ``padding`` p is 0, 1 or 2 zeros at each border: the *valid* convolution, the *same* and the
    *full* one; ``bias`` (K,) is added. In float32 the relative error is about 3e-6, ten times that
    of the definition. The result is channels_last; all arguments get their gradients, by the same
    savings, and second derivatives. Raises ValueError for filters of another size, another padding
    and signals that are too small.

    >>> x, filters = torch.ones(1, 1, 5, 5), torch.ones(1, 1, 3, 3)
    >>> convolve(x, filters)[0, 0, 0].round(decimals=4).tolist()
    [4.0, 6.0, 6.0, 6.0, 4.0]
    """
    if filters.shape[2:] != (3, 3):
        raise ValueError(f"filters are (K, C, 3, 3), not {tuple(filters.shape)}")
    if not 0 <= padding <= MARGIN:
        raise ValueError(f"padding is 0, 1 or 2, not {padding}")
    if min(_lengths(x, padding)) < 1:
        raise ValueError(f"signals of {tuple(x.shape[2:])} are smaller than the filters")
    return _Convolution.apply(x, filters, bias, padding)


def pays(x: Tensor, filters: Tensor, padding: int = 1) -> bool:
    """Whether :func:`convolve` is the faster way: wide 3 x 3 banks in float32 on a CPU.

    Not within ``torch.func``'s transforms, which ``convolve`` has no rules for.
    """
    if torch._C._are_functorch_transforms_active():  # what autograd.Function asks, too
        return False
    avx2 = torch.backends.cpu.get_cpu_capability() == "AVX2"
    wide, many = (WIDE_AVX2, MANY_AVX2) if avx2 else (WIDE, MANY)
    enough = min(filters.shape[:2]) >= wide and len(x) * math.prod(_grid(x, padding)) >= many
    single = x.dtype == filters.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    return enough and filters.shape[2:] == (3, 3) and x.device.type == "cpu" and single


class _Convolution(torch.autograd.Function):
    """:func:`convolve`, and back: the adjoint is a convolution with the filters turned around."""

    @staticmethod
    def forward(ctx, x: Tensor, filters: Tensor, bias: Tensor | None, padding: int) -> Tensor:
        ctx.padding = padding
        of_filters = ctx.needs_input_grad[1]
        result, kept = _convolved(x, filters, bias, padding, keep=of_filters)
        ctx.save_for_backward(x if of_filters else None, filters, *kept)
        return result

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, filters, *kept = ctx.saved_tensors
        of_x = of_filters = of_bias = None
        if ctx.needs_input_grad[0]:
            turned = filters.flip(2, 3).transpose(0, 1)
            of_x = convolve(gradient, turned, MARGIN - ctx.padding)
        if ctx.needs_input_grad[1] and torch.is_grad_enabled():  # it is differentiated once more
            of_filters = conv2d_weight(x, filters.shape, gradient, padding=ctx.padding)
        elif ctx.needs_input_grad[1]:
            tiles = math.prod(_grid(gradient, padding=1))  # the outputs' own
            parts = gradient.split([len(pixels) // tiles for pixels in kept])
            products = sum(map(_products, kept, parts))
            taps = _both_axes(G, products).T @ products.flatten(1)
            of_filters = taps.view(3, 3, *products.shape[1:]).permute(3, 2, 0, 1)
        if ctx.needs_input_grad[2]:
            of_bias = gradient.sum((0, 2, 3))
        return of_x, of_filters, of_bias, None


def _convolved(
    x: Tensor, filters: Tensor, bias: Tensor | None, padding: int, keep: bool = False
) -> tuple[Tensor, list[Tensor]]:
    """The convolution, and, if they are to be kept, the transformed tiles of parts of the batch."""
    kernels, channels = filters.shape[:2]
    taps = _both_axes(G, x) @ filters.permute(2, 3, 1, 0).reshape(9, -1)
    taps = taps.view(TILE**2, channels, kernels)
    of_one = x.element_size() * TILE**2 * max(kernels, channels) * math.prod(_grid(x, padding))
    signals = max(1, BLOCK // of_one)  # at a time
    shape = (len(x), kernels, *_lengths(x, padding))
    result = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    rows, kept = result.permute(0, 2, 3, 1), []
    for part, into in zip(x.split(signals), rows.split(signals), strict=True):
        pixels = _transformed(part, padding)
        _write_outputs(into, pixels, taps, bias)
        if keep:
            kept.append(pixels)
    return result, kept


def _ones(*geometry: Sizes) -> bool:
    return all(number in (1, (1, 1)) for number in geometry)


def _border(padding: Sizes) -> int | None:
    """The padding of both axes, if :func:`convolve` knows it."""
    known = (border for border in range(MARGIN + 1) if padding in (border, (border, border)))
    return next(known, None)


def _lengths(x: Tensor, padding: int) -> list[int]:
    """The outputs' height and width."""
    return [length + 2 * padding - MARGIN for length in x.shape[2:]]


def _grid(x: Tensor, padding: int) -> list[int]:
    """Rows and columns of one signal's tiles."""
    return [-(-length // STEP) for length in _lengths(x, padding)]


def _products(pixels: Tensor, gradient: Tensor) -> Tensor:
    """(36, C, K): the gradient of the transformed filters."""
    outputs = _tiles(gradient, _grid(gradient, padding=1), STEP, border=0)
    spread = torch.bmm(_both_axes(A_T, outputs).T.expand(len(outputs), -1, -1), outputs)
    return torch.bmm(pixels.permute(1, 2, 0), spread.transpose(0, 1))


def _transformed(x: Tensor, padding: int) -> Tensor:
    """(N, C, H, W) -> (tiles, 36, C): B^T d B of each tile d."""
    tiles = _tiles(x, _grid(x, padding), TILE, padding)
    return torch.bmm(_both_axes(B_T, x).expand(len(tiles), -1, -1), tiles)


def _tiles(x: Tensor, grid: list[int], side: int, border: int) -> Tensor:
    """(N, C, H, W) -> (tiles, side^2, C), a tile every STEP pixels; zeros beyond the borders."""
    reach = [STEP * (count - 1) + side for count in grid]
    below, right = (end - border - length for end, length in zip(reach, x.shape[2:], strict=True))
    padded = _padded(x.permute(0, 2, 3, 1), (border, below), (border, right))
    tiles = padded.unfold(1, side, STEP).unfold(2, side, STEP)  # (N, rows, columns, C, side, side)
    return tiles.permute(0, 1, 2, 4, 5, 3).reshape(-1, side**2, x.shape[1])


def _padded(x: Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
    """(N, H, W, C) with zeros around it; ``F.pad`` writes zeros under ``x`` as well, once more."""
    n, height, width, channels = x.shape
    (above, below), (left, right) = rows, columns
    padded = x.new_empty(n, above + height + below, left + width + right, channels)
    padded[:, :above] = padded[:, above + height :] = 0
    padded[:, :, :left] = padded[:, :, left + width :] = 0
    padded[:, above : above + height, left : left + width] = x
    return padded


def _write_outputs(into: Tensor, pixels: Tensor, taps: Tensor, bias: Tensor | None) -> None:
    """Outputs (N, H, W, K) from the transformed tiles of N signals and transformed filters."""
    products = torch.bmm(pixels.transpose(0, 1), taps)
    outputs = torch.bmm(
        _both_axes(A_T, pixels).expand(len(pixels), -1, -1), products.transpose(0, 1)
    )
    if bias is not None:
        outputs += bias
    count, height, width, kernels = into.shape
    rows, columns = -(-height // STEP), -(-width // STEP)
    outputs = outputs.view(count, rows, columns, STEP, STEP, kernels).transpose(2, 3)
    if (height, width) == (STEP * rows, STEP * columns):
        into.view(outputs.shape).copy_(outputs)
    else:
        complete = outputs.reshape(count, STEP * rows, STEP * columns, kernels)
        into.copy_(complete[:, :height, :width])


def _both_axes(rows: list[list[float]], like: Tensor) -> Tensor:
    """The transform of an image's rows and columns, as one matrix."""
    matrix = like.new_tensor(rows)
    return torch.kron(matrix, matrix)
