"""The model restricted isometry property, measured (sections 2.3, 4.2 and 4.4)."""

from torch import Tensor

from cnninvert.convolution import Convolution
from cnninvert.norms import norms


def isometry_ratio(operator: Convolution, z: Tensor, size: int) -> Tensor:
    """(B,): ||W^T z|| / ||z||, which model-RIP (equation 1) wants near 1."""
    return norms(operator.adjoint(z, size)) / norms(z)


def distortion(ratios: Tensor) -> float:
    """The empirical delta_k: max |ratio^2 - 1| over the sampled codes.

    A lower bound of the true constant, which is a maximum over *all* model-sparse codes.
    """
    return float((ratios**2 - 1).abs().max())
