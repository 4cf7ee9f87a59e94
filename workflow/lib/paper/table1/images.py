"""CIFAR-10 for the classifiers: normalised images in memory, random flips and shifts."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from machinery.hdf5 import damaged_file, read_hdf5

# Mean and standard deviation of RGB in [0, 1] over CIFAR-10's training images.
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
# Images computed at a time where nothing is trained: few enough for a CPU's caches, and enough to
# keep a GPU busy.
PASS = {"cpu": 50, "cuda": 250}


@dataclass(frozen=True)
class Images:
    """``pixels`` (N, 3, 32, 32), normalised, and ``labels`` (N,) int64, where they are used.

    The pixels are channels_last, in the type that networks compute in.
    """

    pixels: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def passes(rows: Tensor) -> tuple[Tensor, ...]:
    """``rows``, one or more for each image, in the parts that are computed at a time."""
    return rows.split(PASS[rows.device.type])


def read(
    path: str | Path,
    split: str,
    count: int,
    device: torch.device,
    dtype: torch.dtype,
    whitened: Path | None = None,
) -> Images:
    """The first ``count`` images of ``split``, train or test; CIFAR-10's own order is random.

    ``whitened``: a file with the pixels as they are after ``normalise`` and whitening, if that is
    wanted.
    """
    images, names = f"{split}_images", f"{split}_labels"
    with read_hdf5(path, {images: ("u", (None, 3, 32, 32)), names: ("iu", (None,))}) as file:
        pixels = torch.from_numpy(file[images][:count])
        labels = torch.from_numpy(file[names][:count])
    if min(len(pixels), len(labels)) < count or labels.max() > 9:
        raise damaged_file(path, f"it holds no {count} images of CIFAR-10's ten classes")
    labels = labels.to(device, torch.int64)
    if whitened is None:
        return Images(normalise(pixels.to(device), dtype), labels)
    with read_hdf5(whitened, {split: ("f", (None, 3, 32, 32))}) as file:
        pixels = torch.from_numpy(file[split][:count])
    if len(pixels) < count:
        raise damaged_file(whitened, f"it holds fewer than {count} images")
    return Images(pixels.to(device, dtype, memory_format=torch.channels_last), labels)


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
        flipped = torch.randint(2, (count,), generator=random, dtype=torch.bool) & self.flips
        shifts = torch.randint(-self.shifts, self.shifts + 1, (2, count), generator=random)
        any_at_all = self.flips or self.shifts > 0
        return Changes(flipped.to(device), shifts.to(device), any_at_all)


@dataclass(frozen=True)
class Changes:
    """``flipped`` (N,) bool; ``shifts`` (2, N), of rows and columns in pixels; ``some``: whether
    there can be any."""

    flipped: Tensor
    shifts: Tensor
    some: bool

    def __getitem__(self, part: slice) -> "Changes":
        return Changes(self.flipped[part], self.shifts[:, part], self.some)

    def of(self, pixels: Tensor, rows: Tensor) -> Tensor:
        """The images ``rows`` of ``pixels``, changed; (B, 3, H, W) channels_last."""
        images = pixels.permute(0, 2, 3, 1).index_select(0, rows)
        if self.some:
            side = torch.arange(pixels.shape[-1], device=pixels.device)
            down, across = (side + self.shifts[:, :, None]).clamp(0, len(side) - 1)
            across = torch.where(self.flipped[:, None], across.flip(1), across)
            images = _take(_take(images.transpose(1, 2), across).transpose(1, 2), down)
        return images.permute(0, 3, 1, 2)


def _take(images: Tensor, positions: Tensor) -> Tensor:
    """(B, S, ...) images and (B, S) positions -> (B, S, ...) with entry s from positions[s].

    Whole lines are copied, which is several times as fast as to index pixels.
    """
    count, side = positions.shape
    first = side * torch.arange(count, device=positions.device)[:, None]
    lines = images.reshape(count * side, -1).index_select(0, (first + positions).flatten())
    return lines.view(images.shape)
