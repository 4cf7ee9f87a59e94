"""The two problems, and the one duality gap by which all solvers are compared."""

import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import h5py
import torch
from torch import Tensor

from cnninvert.networks.layer_operator import layer_operator
from cnninvert.networks.pretrained import Network
from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import sample_codes
from machinery.errors import InputError
from paper.seeds import generator

ROOT = Path(__file__).parents[2]
PHOTOGRAPHS = "results/default/images/photographs.h5"
WEIGHTS = "results/data/weights/vgg16-torchvision.safetensors"


@dataclass(frozen=True)
class Problem:
    """min 1/2 ||x - W^T z||^2 + lambda ||z||_1 for each sample of a batch.

    ``x``: (B, M, D, D) signals; ``fraction``: lambda as a share of each sample's lambda_max.
    """

    name: str
    operator: Convolution
    x: Tensor
    fraction: float = 0.1

    @cached_property
    def lam(self) -> Tensor:
        """(B,): lambda of each sample."""
        return self.fraction * self.operator(self.x).abs().flatten(1).amax(1)

    @cached_property
    def code_shape(self) -> tuple[int, ...]:
        """(B, K, n, n)."""
        return (len(self.x), *self.operator.code_shape)

    def at(self, fraction: float) -> "Problem":
        """The same signals at another lambda."""
        return replace(self, fraction=fraction)

    def samples(self, which: slice) -> "Problem":
        """The same problem with fewer signals."""
        return replace(self, x=self.x[which])

    def to(self, device: torch.device) -> "Problem":
        """The same problem on another device."""
        operator = replace(self.operator, filters=self.operator.filters.to(device))
        return replace(self, operator=operator, x=self.x.to(device))

    def gap(self, z: Tensor) -> Tensor:
        """(B,): the relative duality gap of codes ``z``, computed in float64."""
        wide = replace(self.operator, filters=self.operator.filters.double())
        return relative_gap(wide, self.x.double(), z.double(), self.lam.double())


def relative_gap(operator: Convolution, x: Tensor, z: Tensor, lam: Tensor) -> Tensor:
    """(B,): (primal - dual) / primal at codes ``z``.

    The dual point is the residual, scaled to be feasible: |W theta| <= lambda.
    """
    residual = x - operator.adjoint(z)
    energy = residual.flatten(1).square().sum(1)
    primal = energy / 2 + lam * z.flatten(1).abs().sum(1)
    tiny = torch.finfo(x.dtype).tiny
    limit = lam / operator(residual).flatten(1).abs().amax(1).clamp_min(tiny)
    best = (x * residual).flatten(1).sum(1) / energy.clamp_min(tiny)
    theta = torch.clamp(best, -limit, limit).view(-1, *[1] * (x.ndim - 1)) * residual
    dual = (x.flatten(1).square().sum(1) - (x - theta).flatten(1).square().sum(1)) / 2
    return (primal - dual).clamp_min(0) / primal.clamp_min(tiny)


def gaussian(samples: int, seed: int, channels: int = 64, size: int = 15) -> Problem:
    """``gaussian-64``: 64 -> 64 unit-norm Gaussian filters of 3 x 3, same convolution.

    The signals are W^T of random codes with one non-zero in a tenth of the 2 x 2 pooling
    regions, and Gaussian noise of a hundredth of their norm.
    """
    random = generator(seed, 64)
    filters = unit_norm(gaussian_filters((channels, channels, 3, 3), random))
    w = Convolution(filters, size, padding=1)
    k = round(0.1 * channels * (-(-size // 2)) ** 2)
    z = sample_codes(samples, channels, (size, size), region=2, k=k, generator=random)
    x = w.adjoint(z)
    noise = torch.randn(x.shape, generator=random)
    scale = 0.01 * x.flatten(1).norm(dim=1) / noise.flatten(1).norm(dim=1)
    return Problem("gaussian-64", w, x + scale.view(-1, 1, 1, 1) * noise)


def vgg(samples: int, _seed: int) -> Problem:
    """``vgg-conv5_2``: VGG-16's own filters and the activations of photographs before them.

    The weights (torchvision's) and the test photographs are those of the default preset; the
    pipeline makes what is missing.
    """
    missing = [name for name in (PHOTOGRAPHS, WEIGHTS) if not (ROOT / name).exists()]
    if missing:
        command = [sys.executable, "-m", "snakemake", "--quiet", "--cores", "1", *missing]
        print("Asking the pipeline for " + " and ".join(missing), flush=True)
        if subprocess.run(command, cwd=ROOT).returncode:
            raise InputError("vgg-conv5_2: the pipeline could not make its photographs or weights.")
    network = Network(ROOT / WEIGHTS)
    with h5py.File(ROOT / PHOTOGRAPHS) as file:
        if samples > len(file["test"]):
            raise InputError(
                f"--samples {samples}: the default preset has {len(file['test'])} test photographs."
            )
        images = torch.from_numpy(file["test"][:samples])
    with torch.inference_mode():
        parts = []
        for image in images.split(1):
            *_, last = network.steps(image, "conv5_1")
            parts.append(last.output)
        x = torch.cat(parts).contiguous()
    return Problem("vgg-conv5_2", layer_operator(network, "conv5_2", x.shape[-1]), x)


PROBLEMS = {"vgg-conv5_2": vgg, "gaussian-64": gaussian}
