"""How often the host waits for the pretend device in a step of each loop, as JSON.

Run by tests/library/test_waits.py, which names the paths and gives it the compiled libraries.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import torch

import pretend_cuda
from cnninvert.decoders.training import DecoderRecipe, DecoderTraining
from cnninvert.networks.pretrained import Network
from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection, sample_codes
from cnninvert.solvers.iht import iht
from cnninvert.solvers.sparse_coding import sparse_coding
from paper.table1.architecture import Architecture
from paper.table1.images import Augmentation, Images
from paper.table1.optimisation import Task, Training
from paper.table1.recipe import Recipe
from random_networks import write_network

CUDA = torch.device("cuda")


def decoder(folder: Path) -> Callable[[int], None]:
    network = Network(write_network(folder / "vgg16.safetensors", "conv2_2"), CUDA)
    training = DecoderTraining(network, DecoderRecipe("pool1", "known", 100, 0.5, 0.0), CUDA)
    images = torch.randint(256, (2, 3, 16, 16), dtype=torch.uint8).to(CUDA)
    training.start(images, images, torch.Generator().manual_seed(0))

    def steps(count: int) -> None:
        for _ in range(count):
            training.advance(images)

    return steps


def classifier(filters: str) -> Callable[[int], None]:
    pixels = torch.randn(400, 3, 32, 32).to(CUDA).contiguous(memory_format=torch.channels_last)
    images = Images(pixels, (torch.arange(400) % 10).to(CUDA))
    recipe = Recipe(1, 4, 0.01, Augmentation(flips=True, shifts=1), 0)
    everything = Task(images, torch.arange(400).to(CUDA))
    training = Training(Architecture(filters, 2, 3, 4), everything, recipe, 0)
    done = 0

    def steps(count: int) -> None:
        nonlocal done
        for step in range(done, done + count):
            training.advance(step)
        done += count

    return steps


def problem() -> tuple[Convolution, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    operator = Convolution(unit_norm(gaussian_filters((16, 8, 3, 3), random)), size=8)
    codes = sample_codes(4, 16, (6, 6), region=2, k=40, generator=random)
    signals = operator.adjoint(codes) + 0.1 * torch.randn(4, 8, 8, 8, generator=random)
    return Convolution(operator.filters.to(CUDA), size=8), signals.to(CUDA)


def thresholding(variant: str) -> Callable[[int], None]:
    operator, signals = problem()
    # Small filters make short steps, which go on for as long as they are counted.
    operator = Convolution(0.2 * operator.filters, size=8)
    projection = ModelProjection(region=2, k=40)
    return lambda count: iht(operator, signals, projection, count, variant)


def lasso() -> Callable[[int], None]:
    operator, signals = problem()
    return lambda count: sparse_coding(
        operator, signals, lambda_fraction=0.05, tolerance=1e-9, max_iterations=count
    )


def main(folder: Path) -> None:
    mode = pretend_cuda.enter()
    loops = {
        "decoder": lambda: decoder(folder),
        "classifier, learned filters": lambda: classifier("learned"),
        "classifier, random filters": lambda: classifier("random"),
        "iht, unit": lambda: thresholding("unit"),
        "iht, normalised": lambda: thresholding("normalised"),
        "sparse coding": lasso,
    }
    found = {}
    for name, make in loops.items():
        steps = make()
        steps(2)
        counts = []
        for count in (10, 30):
            before = mode.waits.copy()
            steps(count)
            counts.append(mode.waits - before)
        more = counts[1] - counts[0]
        lines = {f"{why}, {line}": times / 20 for (why, line), times in more.items()}
        found[name] = {"a step": more.total() / 20, "lines": lines}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
