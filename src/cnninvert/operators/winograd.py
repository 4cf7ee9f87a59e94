"""Convolutions with 3 x 3 filters, by a quarter of the multiplications.

Winograd's minimal filtering F(4 x 4, 3 x 3), as Lavin and Gray brought it to CNNs (CVPR 2016). A
tile d of 6 x 6 pixels and a filter g of 3 x 3 give 4 x 4 outputs

    A^T ((G g G^T) * (B^T d B)) A,

where * multiplies 36 numbers instead of the 144 of the definition. Summed over input channels, each
of the 36 is a product of matrices, (tiles, C) by (C, K). The three transforms cost as much for
every filter bank, so wide layers gain: see :func:`pays`.
"""

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
WIDE = 128  # channels from which it is faster than PyTorch's convolution on CPUs


def convolve(x: Tensor, filters: Tensor) -> Tensor:
    """(N, C, H, W) signals and (K, C, 3, 3) filters -> (N, K, H, W), with padding 1.

    In float32 the relative error is about 3e-6, ten times that of the definition. The result is
    channels_last; both arguments get their gradients, by the same savings. Raises ValueError for
    filters of another size.

    >>> x, filters = torch.ones(1, 1, 5, 5), torch.ones(1, 1, 3, 3)
    >>> convolve(x, filters)[0, 0, 0].round(decimals=4).tolist()
    [4.0, 6.0, 6.0, 6.0, 4.0]
    """
    kernels, channels, *size = filters.shape
    if size != [3, 3]:
        raise ValueError(f"filters are (K, C, 3, 3), not {tuple(filters.shape)}")
    count, _, height, width = x.shape
    rows, columns = -(-height // STEP), -(-width // STEP)
    right, below = STEP * columns - width, STEP * rows - height
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1 + right, 1, 1 + below))
    tiles = padded.unfold(1, TILE, STEP).unfold(2, TILE, STEP)  # (N, rows, columns, C, 6, 6)
    tiles = tiles.permute(0, 1, 2, 4, 5, 3).reshape(-1, TILE**2, channels)
    from_pixels, from_taps, to_outputs = (_both_axes(rows, x) for rows in (B_T, G, A_T))
    pixels = torch.bmm(from_pixels.expand(len(tiles), -1, -1), tiles)
    taps = from_taps @ filters.permute(2, 3, 1, 0).reshape(9, -1)
    products = torch.bmm(pixels.transpose(0, 1), taps.view(TILE**2, channels, kernels))
    outputs = torch.bmm(to_outputs.expand(len(tiles), -1, -1), products.transpose(0, 1))
    outputs = outputs.view(count, rows, columns, STEP, STEP, kernels).transpose(2, 3)
    outputs = outputs.reshape(count, STEP * rows, STEP * columns, kernels)
    return outputs[:, :height, :width].permute(0, 3, 1, 2)


def pays(x: Tensor, filters: Tensor) -> bool:
    """Whether :func:`convolve` is the faster way: wide 3 x 3 banks in float32 on a CPU."""
    wide = min(filters.shape[:2]) >= WIDE and filters.shape[2:] == (3, 3)
    return wide and x.device.type == "cpu" and x.dtype == filters.dtype == torch.float32


def _both_axes(rows: list[list[float]], like: Tensor) -> Tensor:
    """The transform of an image's rows and columns, as one matrix."""
    matrix = like.new_tensor(rows)
    return torch.kron(matrix, matrix)
