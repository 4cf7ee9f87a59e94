"""The input that a network's weights expect."""

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

Colour = tuple[float, float, float]
# Mean and standard deviation of RGB in [0, 1] that torchvision's weights expect.
TORCHVISION_MEAN = (0.485, 0.456, 0.406)
TORCHVISION_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocessing:
    """The input that weights expect: the side of the pictures, mean and deviation of RGB in [0, 1].

    ``size`` is for whoever makes the pictures; nothing is resized here.

    >>> Preprocessing(mean=(0.5,) * 3, std=(0.5,) * 3)(torch.zeros(1, 3, 1, 1, dtype=torch.uint8))
    tensor([[[[-1.]],
    <BLANKLINE>
             [[-1.]],
    <BLANKLINE>
             [[-1.]]]])
    """

    size: int = 224
    mean: Colour = TORCHVISION_MEAN
    std: Colour = TORCHVISION_STD

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def __call__(self, images: Tensor) -> Tensor:
        """RGB in [0, 255] (B, 3, H, W), uint8 or floats -> float32 (B, 3, H, W).

        For pictures in [0, 1] there is ``normalise``.
        """
        x = images.float().contiguous(memory_format=torch.channels_last)
        return self.normalise(x / 255)

    def normalise(self, x: Tensor) -> Tensor:
        """RGB in [0, 1], as floats -> the network's input, of the same shape."""
        return (x - _column(self.mean, x.device)) / _column(self.std, x.device)


@cache
@torch.inference_mode(False)  # else a gradient could not go through it later
def _column(colour: Colour, device: torch.device) -> Tensor:
    """(C, 1, 1), once for each device: a copy to a GPU is waited for."""
    return torch.tensor(colour, dtype=torch.float32, device=device).view(-1, 1, 1)
