"""How far decoded pictures are from the photographs."""

from torch import Tensor


def relative_errors(decoded: Tensor, images: Tensor) -> Tensor:
    """||decoded - x|| / ||x|| of each of the uint8 ``images``, x on the scale [0, 1]: (B,)."""
    x = images / 255
    return (decoded - x).flatten(1).norm(dim=1) / x.flatten(1).norm(dim=1)
