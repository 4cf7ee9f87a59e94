"""The extreme eigenvalues of W^T W: how nearly a layer without its ReLU preserves its input."""

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.winograd import Sizes


def frame_bounds(filters: Tensor, stride: Sizes = 1, side: int = 8) -> tuple[float, float]:
    """A and B with A ||x||^2 <= ||W x||^2 <= B ||x||^2 for all x on a torus.

    ``filters``: (K, M, l) or (K, M, l, l'), of one group, with the zeros of a dilation, as
    ``Convolution.plain`` gives them. ``stride``: of each axis, or of all. ``side``: of the codes on
    the torus, not less than the filters' reach in strides. W is one small matrix for each
    frequency; as many frequencies are looked at as codes have places, so that a larger torus, or
    the plane, has bounds that are a little wider.
    A is 0 where the code has fewer values than the signal. With both signs kept (CReLU) the input
    comes back exactly where A > 0; in Proposition 1, A = B = 1. Raises ValueError for filters that
    are larger than the torus.

    >>> frame_bounds(torch.eye(4).view(4, 4, 1, 1))
    (1.0, 1.0)
    """
    strides = Convolution(filters, size=filters.shape[2:]).axes(stride)
    if filters.ndim == 3:
        filters, strides = filters.unsqueeze(3), (*strides, 1)
    k, m = filters.shape[:2]
    down, across = strides
    if filters.shape[2] > side * down or filters.shape[3] > side * across:
        raise ValueError(
            f"filters of {filters.shape[2]} x {filters.shape[3]} do not fit on a torus of "
            f"{side * down} x {side * across}; raise side"
        )
    # Learned filters are so ill-conditioned that float32 would not tell A from zero.
    spectrum = torch.fft.fft2(filters.double(), s=(side * down, side * across))
    # A stride folds frequencies: those that are ``side`` apart meet in one of the code's.
    folded = spectrum.view(k, m, down, side, across, side).permute(3, 5, 0, 1, 2, 4).flatten(3)
    # Frequencies come in conjugate pairs.
    folded = folded[: side // 2 + 1].flatten(0, 1) / (down * across) ** 0.5
    low, high = float("inf"), 0.0
    for matrix in folded:
        gram = matrix @ matrix.mH if k <= matrix.shape[1] else matrix.mH @ matrix
        values = torch.linalg.eigvalsh(gram)
        low, high = min(low, float(values[0])), max(high, float(values[-1]))
    return (max(low, 0.0) if k >= folded.shape[2] else 0.0), high
