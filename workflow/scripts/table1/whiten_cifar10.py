"""CIFAR-10's images, whitened by the statistics of the training images."""

from pathlib import Path

import torch

from machinery import job
from machinery.hdf5 import atomic_hdf5
from paper.device import use_device
from paper.table1.images import read
from paper.table1.whitening import PART, fit

TEST_IMAGES = 10000  # all there are, so that their number changes nothing here


def whiten_cifar10(
    cifar10: Path, images: int, regularisation: float, gpu: int, whitening: Path, whitened: Path
) -> None:
    """``images``: the training images. ``whitened`` gets them and the test images, float32."""
    device = use_device(gpu)
    pixels = read(cifar10, "train", images, device, torch.float32).pixels
    change = fit(pixels, regularisation)
    test = read(cifar10, "test", TEST_IMAGES, device, torch.float32).pixels
    with atomic_hdf5(whitened) as file:
        for name, split in (("train", pixels), ("test", test)):
            # Once here, and not in each of the trainings: it takes as long as some of them.
            rows = file.create_dataset(name, split.shape, "f4")
            for start in range(0, len(split), PART):
                part = change(split[start : start + PART])
                rows[start : start + len(part)] = part.cpu().numpy()
    change.to(torch.device("cpu")).save(whitening)


if "snakemake" in globals():
    job.run(snakemake, whiten_cifar10)
