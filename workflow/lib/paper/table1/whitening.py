"""ZCA whitening of CIFAR-10's images, by the statistics of the training images."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from machinery.hdf5 import atomic_hdf5, read_hdf5

PART = 1000  # images at a time


@dataclass(frozen=True)
class Whitening:
    """x -> W (x - m) for images as vectors of n pixel values; ``mean`` (n,), ``matrix`` (n, n)."""

    mean: Tensor
    matrix: Tensor

    def __call__(self, pixels: Tensor) -> Tensor:
        """(N, 3, H, W) float32 images, whitened."""
        return ((pixels.flatten(1) - self.mean) @ self.matrix).view_as(pixels)

    def to(self, device: torch.device) -> "Whitening":
        return Whitening(self.mean.to(device), self.matrix.to(device))

    def save(self, path: Path) -> None:
        with atomic_hdf5(path) as file:
            file["mean"], file["matrix"] = self.mean.numpy(), self.matrix.numpy()

    @classmethod
    def load(cls, path: Path) -> "Whitening":
        with read_hdf5(path, {"mean": ("f", (None,)), "matrix": ("f", (None, None))}) as file:
            return cls(*(torch.from_numpy(file[name][:]) for name in ("mean", "matrix")))


def fit(pixels: Tensor, regularisation: float) -> Whitening:
    """Of (N, 3, H, W) float32 images: W = s (C + e I)^-1/2, symmetric (Krizhevsky, 2009).

    C is the covariance of the pixel values; e the ``regularisation``, relative to their mean
    variance; s makes the mean variance of what comes out 1.
    """
    rows = pixels.flatten(1)
    mean = rows.mean(0)
    covariance = sum((part - mean).T @ (part - mean) for part in rows.split(PART)).double() / len(
        rows
    )
    values, vectors = torch.linalg.eigh(covariance)
    values = values.clamp(min=0)
    e = regularisation * values.mean()
    scale = (values / (values + e)).mean() ** -0.5
    matrix = (vectors * scale * (values + e) ** -0.5) @ vectors.T
    return Whitening(mean, matrix.float())
