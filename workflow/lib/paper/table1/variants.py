"""Readings and extensions of Table 1: the chosen configuration, changed in one respect."""

import logging
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor

from machinery.checkpoints import Checkpoints
from paper.seeds import generator
from paper.table1 import ridge
from paper.table1.calibration import initial_network
from paper.table1.classifier import CLASSES, Architecture
from paper.table1.images import PASS, Images
from paper.table1.recipe import Recipe
from paper.table1.search import evaluate, result
from paper.table1.training import describe

log = logging.getLogger("cnninvert")

# What changes, and in which of Table 1's rows.
VARIANTS = {
    "after": ({"batch_norm": "after"}, ("random", "learned")),
    "fixed": ({"batch_norm": "fixed"}, ("random",)),
    "ridge": ({"batch_norm": "fixed"}, ("random",)),
    "crelu": ({"activation": "crelu"}, ("random", "learned")),
    "patches": ({"filters": "patches"}, ("random",)),
    "learned": ({"filters": "learned"}, ("random",)),
    "mixed": ({"filters": "mixed"}, ("learned",)),
}
PENALTIES = [0.03, 0.1, 0.3, 1.0, 3.0]  # of ridge regression, in units of the mean eigenvalue
HELD_OUT = 0.1  # share of the training images that chooses among them


def vary(architecture: Architecture, variant: str) -> Architecture | None:
    """The architecture of a variant; None where the variant says nothing about this row."""
    change, rows = VARIANTS[variant]
    if architecture.filters not in rows or (variant == "mixed" and architecture.layers == 1):
        return None
    return replace(architecture, **change)


def trained(architecture: Architecture, variants: list[str]) -> list[Architecture]:
    """The architectures of those variants that are trained step by step."""
    varied = [vary(architecture, variant) for variant in variants if variant != "ridge"]
    return [architecture for architecture in varied if architecture is not None]


def evaluate_variants(
    chosen: Architecture,
    variants: list[str],
    images: Images,
    test: Images,
    recipe: Recipe,
    seeds: list[int],
    checkpoints: Checkpoints,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test each variant of the ``chosen`` configuration with every seed.

    Returns rows and learning curves as ``search.evaluate`` does, with columns for the variant and
    for the row of Table 1 that it varies. Ridge regression has no learning curve.
    """
    tables, curves = [], []
    for variant in variants:
        architecture = vary(chosen, variant)
        if architecture is None:
            continue
        if variant == "ridge":
            rows = [evaluate_ridge(architecture, images, test, recipe, seed) for seed in seeds]
            table = pd.DataFrame([row for row in rows if row])
            if table.empty:
                continue
        else:
            table, curve, _ = evaluate(
                architecture, images, test, recipe, seeds, checkpoints.within(variant)
            )
            curves.append(curve.assign(row=chosen.filters, variant=variant))
        tables.append(table.assign(row=chosen.filters, variant=variant))
    empty = pd.DataFrame(columns=["row", "variant"])
    # Beside an empty table, pandas would make floats of the others' whole numbers.
    return tuple(
        pd.concat(frames, ignore_index=True) if frames else empty for frames in (tables, curves)
    )


def evaluate_ridge(
    architecture: Architecture, images: Images, test: Images, recipe: Recipe, seed: int
) -> dict[str, object] | None:
    """Test the closed-form classifier on the features of fixed batch norm.

    With flips it is fitted to all images and their mirror images.
    None, with a warning, if features and matrices take more than ``recipe.cache`` bytes.
    """
    count, device = len(images), images.labels.device
    sides = [False, True] if recipe.augmentation.flips else [False]
    needed = len(sides) * count * architecture.features * images.pixels.element_size()
    needed += ridge.memory(len(sides) * count, architecture.features)
    if needed > recipe.cache:
        log.warning(
            "%s: ridge regression is left out, it takes %.1f GB; raise table1.cache_gb",
            describe(architecture),
            needed / 1e9,
        )
        return None
    rows = torch.arange(count, device=device)
    network = initial_network(architecture, images.pixels, rows, seed)
    features = images.pixels.new_empty(len(sides), count, architecture.features)
    for flip, targets in zip(sides, features, strict=True):
        for target, pixels in zip(targets.split(PASS), images.pixels.split(PASS), strict=True):
            target.copy_(network.constant(pixels.flip(3) if flip else pixels)[0])
    order = torch.randperm(count, generator=generator(seed, 3))[: max(1, round(HELD_OUT * count))]
    # An image's mirror image is held out with it.
    held_out = torch.cat([order + number * count for number in range(len(sides))])
    labels = images.labels.repeat(len(sides))
    fit = ridge.fit(features.flatten(0, 1), labels, CLASSES, PENALTIES, held_out)

    def scores(pixels: Tensor) -> Tensor:
        return ridge.scores(network.constant(pixels)[0], fit.weight, fit.bias)

    found = [
        (scores(pixels) + (scores(pixels.flip(3)) if recipe.mirrored else 0)).argmax(1)
        for pixels in test.pixels.split(PASS)
    ]
    score = int((torch.cat(found) == test.labels).sum()) / len(test)
    log.info(
        "%s, ridge (penalty %g), seed %d: test %.1f %%",
        describe(architecture),
        fit.penalty,
        seed,
        100 * score,
    )
    rows = len(sides) * count
    cost = count * architecture.calibration_multiply_adds
    cost += rows * architecture.constant_multiply_adds
    cost += ridge.multiply_adds(rows, architecture.features, len(PENALTIES))
    return result(architecture, seed, score, images, test, cost)
