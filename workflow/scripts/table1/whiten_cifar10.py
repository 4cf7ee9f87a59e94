"""The whitening of CIFAR-10's images, from all training images."""

from pathlib import Path

import torch

from machinery import job
from paper.device import use_device
from paper.table1.images import read
from paper.table1.whitening import Whitening, fit


def whiten_cifar10(
    cifar10: Path, images: int, regularisation: float, gpu: int, whitening: Path
) -> None:
    device = use_device(gpu)
    pixels = read(cifar10, "train", images, device, torch.float32).pixels
    fitted: Whitening = fit(pixels, regularisation)
    fitted.to(torch.device("cpu")).save(whitening)


if "snakemake" in globals():
    job.run(snakemake, whiten_cifar10)
