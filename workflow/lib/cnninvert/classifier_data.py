"""CIFAR-10 for the classifiers: images in memory, random flips and shifts, normalisation."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import torch
from torch import Tensor

# Mean and standard deviation of RGB in [0, 1] over CIFAR-10's training images.
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
SHIFT = 2  # pixels; like the flips, shifts stand in for training images that are not there


@dataclass(frozen=True)
class Images:
    """``pixels`` (N, 3, 32, 32) uint8 and ``labels`` (N,) int64, on the device that uses them."""

    pixels: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices: Tensor) -> "Images":
        indices = indices.to(self.labels.device)
        return Images(self.pixels[indices], self.labels[indices])


def read(path: str | Path, split: str, count: int, device: torch.device) -> Images:
    """The first ``count`` images of ``split``, train or test; CIFAR-10's own order is random."""
    with h5py.File(path) as file:
        pixels = torch.from_numpy(file[f"{split}_images"][:count])
        labels = torch.from_numpy(file[f"{split}_labels"][:count])
    return Images(pixels.to(device), labels.to(device, torch.int64))


def augment(pixels: Tensor, random: torch.Generator) -> Tensor:
    """Flip each picture at random and shift it by up to SHIFT pixels; edge pixels are repeated.

    (B, 3, H, W) uint8 -> the same, channels_last.
    """
    count, side = len(pixels), pixels.shape[-1]
    shifts = torch.randint(-SHIFT, SHIFT + 1, (2, count, 1), generator=random)
    flips = torch.randint(2, (count, 1), generator=random, dtype=torch.bool)
    rows, columns = (torch.arange(side) + shifts).clamp(0, side - 1)
    columns = torch.where(flips, columns.flip(1), columns)
    pictures, rows, columns = (
        index.to(pixels.device)
        for index in (torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :])
    )
    return pixels[pictures, :, rows, columns].permute(0, 3, 1, 2)


def normalise(pixels: Tensor) -> Tensor:
    """uint8 RGB -> float32 of mean 0 and deviation 1 over the training images, a channel."""
    mean, std = (torch.tensor(v, device=pixels.device).view(3, 1, 1) for v in (MEAN, STD))
    x = pixels.float().contiguous(memory_format=torch.channels_last)
    return (x / 255 - mean) / std
