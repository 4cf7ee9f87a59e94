"""A frozen network whose classifier is found in closed form, by ridge regression."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import Tensor

from machinery.checkpoints import Arrays, Checkpoints
from machinery.progress import progress
from paper.seeds import generator
from paper.table1 import ridge
from paper.table1.architecture import CLASSES, Architecture
from paper.table1.calibration import CALIBRATED, initial_network
from paper.table1.classifier import Classifier
from paper.table1.images import Images, passes
from paper.table1.tested import result

log = logging.getLogger("cnninvert")

PENALTIES = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]  # in units of the mean eigenvalue
HELD_OUT = 0.1  # share of the training images that chooses among them
KEPT = 2500  # images whose features are in one checkpoint


@dataclass(frozen=True)
class ClosedForm:
    """``flips``: whether mirror images are fitted, too. ``mirrored``: whether a tested image's
    scores and its mirror image's are added. ``cache``: bytes that the features may take."""

    flips: bool
    mirrored: bool
    cache: int


def evaluate_ridge(
    architecture: Architecture,
    images: Images,
    test: Images,
    how: ClosedForm,
    seed: int,
    checkpoints: Checkpoints,
) -> dict[str, object] | None:
    """Fit the classifier to the features of ``images``, with fixed batch norm, and test it.

    Returns a row as ``search.evaluate`` does; None, with a warning, if the features take more
    memory than they may.
    """
    count, device = len(images), images.labels.device
    sides = [False, True] if how.flips else [False]
    needed = len(sides) * count * architecture.features * images.pixels.element_size()
    if needed > how.cache:
        log.warning(
            "%s: ridge regression is left out, its features take %.1f GB; raise table1.cache_gb",
            architecture,
            needed / 1e9,
        )
        return None
    # A job may go on where bfloat16 is another question.
    kind = str(images.pixels.dtype).removeprefix("torch.")
    kept, fits = checkpoints.within(f"features-{kind}"), checkpoints.within(f"fit-{kind}")

    def fit(_: None) -> Arrays:
        network = initial_network(
            architecture, images.pixels, torch.arange(count, device=device), seed
        )
        features = _features(network, images, sides, kept)
        random = generator(seed, 3)
        order = torch.randperm(count, generator=random)[: max(1, round(HELD_OUT * count))]
        # An image's mirror image is held out with it.
        held_out = torch.cat([order + number * count for number in range(len(sides))])
        labels = images.labels.repeat(len(sides))
        fit = ridge.fit(features, labels, CLASSES, PENALTIES, held_out)
        score = _test(network, fit, test, how.mirrored)
        found = {"score": score, "penalty": fit.penalty, "iterations": fit.iterations}
        return {name: np.array(value) for name, value in found.items()}

    ((_, found),) = fits.parts([None], fit, "fits")
    kept.remove()  # gigabytes
    score, iterations = float(found["score"]), int(found["iterations"])
    log.info(
        "%s, ridge (penalty %g), seed %d: test %.1f %%",
        architecture,
        float(found["penalty"]),
        seed,
        100 * score,
    )
    rows = len(sides) * count
    cost = min(count, CALIBRATED) * architecture.calibration_multiply_adds
    cost += rows * architecture.constant_multiply_adds
    cost += 2 * iterations * rows * architecture.features * CLASSES
    return result(architecture, seed, score, images, test, cost)


def _test(network: Classifier, fit: ridge.Ridge, test: Images, mirrored: bool) -> float:
    """The share of test images that are classified right."""

    def scores(pixels: Tensor) -> Tensor:
        return ridge.scores(network.constant(pixels)[0], fit.weight, fit.bias)

    found = [
        (scores(pixels) + (scores(pixels.flip(3)) if mirrored else 0)).argmax(1)
        for pixels in passes(test.pixels)
    ]
    return int((torch.cat(found) == test.labels).sum()) / len(test)


def _features(
    network: Classifier, images: Images, sides: list[bool], checkpoints: Checkpoints
) -> Tensor:
    """(sides * N, d) of the images and, if one of ``sides`` is True, of their mirror images."""
    pixels, width = images.pixels, network.architecture.features
    features = pixels.new_empty(len(sides) * len(images), width)
    parts, what = list(product(sides, pixels.split(KEPT))), "parts of the features"

    def compute(part: tuple[bool, Tensor]) -> Tensor:
        flip, some = part
        batches = (batch.flip(3) if flip else batch for batch in passes(some))
        return torch.cat([network.constant(batch)[0] for batch in batches])

    if pixels.is_cuda:  # it computes them faster than a disk takes them
        found = map(compute, progress(parts, what))
    else:
        found = _kept(parts, compute, what, checkpoints)
    for rows, part in zip(features.split([len(some) for _, some in parts]), found, strict=True):
        rows.copy_(part)
    return features


def _kept(
    parts: list[tuple[bool, Tensor]],
    compute: Callable[[tuple[bool, Tensor]], Tensor],
    what: str,
    checkpoints: Checkpoints,
) -> Iterator[Tensor]:
    """What ``compute`` makes of each of ``parts``, from its checkpoint where there is one."""
    (dtype,) = {some.dtype for _, some in parts}
    # numpy has no bfloat16, so its bits are kept as integers.
    bits = torch.int16 if dtype == torch.bfloat16 else dtype

    def work(part: tuple[bool, Tensor]) -> Arrays:
        return {"features": compute(part).view(bits).numpy()}

    for _, found in checkpoints.parts(parts, work, what):
        yield torch.from_numpy(found["features"]).view(dtype)
