"""A CNN layer as one step of iterative hard thresholding, and the theorem on its error."""

from collections.abc import Callable

from torch import Tensor

from cnninvert.convolution import Convolution

Projection = Callable[[Tensor], Tensor]


def one_step(operator: Convolution, x: Tensor, project: Projection) -> Tensor:
    """x^ = W^T M(W x, k): encode and decode ``x`` (B, M, D...) by one IHT step from z = 0."""
    return operator.adjoint(project(operator(x)), x.shape[-1])


def recovery_bound(delta_k: float, delta_2k: float) -> float:
    """Theorem 3.3: the bound on ||x^ - x|| / ||x|| after one step; inf where it does not apply."""
    if not 0 <= delta_k <= delta_2k < 1:
        return float("inf")
    return 5 * delta_2k / (1 - delta_k) * ((1 + delta_2k) / (1 - delta_2k)) ** 0.5
