"""The model restricted isometry property, measured (sections 2.3, 4.2 and 4.4)."""

from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.norms import norms


def isometry_ratio(operator: Convolution, z: Tensor) -> Tensor:
    """(B,): ||W^T z|| / ||z|| of codes (B, K, n...).

    Equation (1), the model-RIP, has (1 - delta_k) ||z||^2 <= ||W^T z||^2 <= (1 + delta_k) ||z||^2
    for all model-k-sparse z: its square is within delta_k of 1.

    >>> import torch
    >>> isometry_ratio(Convolution(torch.full((1, 1, 1), 2.0), size=4), torch.ones(1, 1, 4))
    tensor([2.])
    """
    return norms(operator.adjoint(z)) / norms(z)


def distortion(ratios: Tensor) -> float:
    """The empirical delta_k: max |ratio^2 - 1| over the ratios (N,) of sampled codes.

    A lower bound of the true constant, which is a maximum over *all* model-sparse codes.

    >>> import torch
    >>> distortion(torch.tensor([1.0, 0.5]))
    0.75
    """
    return float((ratios**2 - 1).abs().max())
