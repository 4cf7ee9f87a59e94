"""CIFAR-10 for the classifiers: normalised images in memory, random flips and shifts."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import torch
from torch import Tensor

# Mean and standard deviation of RGB in [0, 1] over CIFAR-10's training images.
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


@dataclass(frozen=True)
class Images:
    """``pixels`` (N, 3, 32, 32), normalised, and ``labels`` (N,) int64, where they are used.

    The pixels are channels_last, in the type that networks compute in.
    """

    pixels: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def read(
    path: str | Path, split: str, count: int, device: torch.device, dtype: torch.dtype
) -> Images:
    """The first ``count`` images of ``split``, train or test; CIFAR-10's own order is random."""
    with h5py.File(path) as file:
        pixels = torch.from_numpy(file[f"{split}_images"][:count])
        labels = torch.from_numpy(file[f"{split}_labels"][:count])
    return Images(normalise(pixels.to(device), dtype), labels.to(device, torch.int64))


def normalise(pixels: Tensor, dtype: torch.dtype) -> Tensor:
    """uint8 RGB (N, 3, H, W) -> mean 0 and deviation 1 over the training images, a channel."""
    mean, std = (torch.tensor(v, device=pixels.device).view(3, 1, 1) for v in (MEAN, STD))
    normalised = torch.empty(
        pixels.shape, dtype=dtype, device=pixels.device, memory_format=torch.channels_last
    )
    for target, source in zip(normalised.split(1000), pixels.split(1000), strict=True):
        target.copy_((source.float() / 255 - mean) / std)
    return normalised


@dataclass(frozen=True)
class Augmentation:
    """Random changes of training images: mirrored left to right (``flips``), and shifted by up to
    ``shifts`` pixels each way, where edge pixels are repeated."""

    flips: bool
    shifts: int

    def draw(self, count: int, random: torch.Generator, device: torch.device) -> "Changes":
        """Changes for ``count`` images."""
        flipped = torch.randint(2, (count,), generator=random, dtype=torch.bool)
        shifts = torch.randint(-self.shifts, self.shifts + 1, (2, count), generator=random)
        return Changes((flipped & self.flips).to(device), shifts.to(device))


@dataclass(frozen=True)
class Changes:
    """``flipped`` (N,) bool; ``shifts`` (2, N), of rows and columns in pixels."""

    flipped: Tensor
    shifts: Tensor

    def __getitem__(self, part: slice) -> "Changes":
        return Changes(self.flipped[part], self.shifts[:, part])

    def of(self, pixels: Tensor, rows: Tensor) -> Tensor:
        """The images ``rows`` of ``pixels``, changed; (B, 3, H, W) channels_last."""
        side = torch.arange(pixels.shape[-1], device=pixels.device)
        down, across = (side + self.shifts[:, :, None]).clamp(0, len(side) - 1)
        across = torch.where(self.flipped[:, None], across.flip(1), across)
        return pixels[rows[:, None, None], :, down[:, :, None], across[:, None]].permute(0, 3, 1, 2)
