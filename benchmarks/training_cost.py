"""What training a classifier will cost, estimated before it starts.

Convolutions count by their multiply-adds; batch norm, pooling and the like by the bytes that they
read and write, since they compute next to nothing; and both by their calls, which are what small
networks wait for. A sweep is one reading or writing of a layer's map before pooling. The values
are right to a factor of about two.
"""

import logging
from dataclasses import asdict, replace

import pandas as pd
import torch

from paper.table1.architecture import COLOURS, SIDE, Architecture
from paper.table1.constants import is_cacheable
from paper.table1.recipe import Recipe
from roofline import SWEEPS, Roofline, measure

log = logging.getLogger("cnninvert")

# Sweeps of ``Layer.finish`` and backward. Its maps are quarters: two gathered (4 of them), batch
# norm (4), the choice by the sign of the scale (6), ReLU (2), and backward 8 of one map.
FINISH = 6
# ... of ``Layer.respond``: in the map's type a conversion (1) and extremes (4.5); in float32 that
# conversion, squares and sums (5).
RESPOND, RESPOND_FLOAT32 = 5.5, 5
FORWARD = 3.25  # ... of batch norm with fixed statistics and pooling
FEATURES = 3  # sweeps over the linear classifier's input: the product and two backward
# Sweeps over the trained parameters, float32: AdamW reads four tensors and writes three, and the
# gradient is converted, added and cleared.
PARAMETERS = 10
CALLS, LAYER_CALLS = 45, 18  # operations in a step, and for each layer; counted by the profiler
# Vector units and tensor cores take input channels by eight; the first layer has three.
FILLED = 8 / COLOURS


def seconds(
    architecture: Architecture, images: int, recipe: Recipe, roofline: Roofline, dtype: torch.dtype
) -> float:
    """Of ``recipe.epochs`` epochs of ``images`` images, in ``dtype``, and of the constants."""
    cached = is_cacheable(architecture, images, recipe, recipe.epochs, dtype.itemsize)
    making = _making(architecture, roofline, dtype)
    step = _step(architecture, recipe.batch, roofline, dtype)
    if architecture.frozen and not cached:
        step += recipe.batch * making
    mirrored = 2 if recipe.augmentation.flips else 1
    return images * (recipe.epochs * step / recipe.batch + (making * mirrored if cached else 0))


def grid(
    architectures: list[Architecture],
    images: int,
    recipe: Recipe,
    roofline: Roofline,
    dtype: torch.dtype,
) -> pd.DataFrame:
    """A row an architecture: its fields, whether its constants are ``cached``, multiply_adds and
    training_multiply_adds of one image, and estimated seconds of an epoch and of it all."""
    rows = []
    for architecture in architectures:
        cached = is_cacheable(architecture, images, recipe, recipe.epochs, dtype.itemsize)
        total, more = (
            seconds(architecture, images, each, roofline, dtype)
            for each in (recipe, replace(recipe, epochs=recipe.epochs + 1))
        )
        rows.append(
            asdict(architecture)
            | {
                "cached": cached,
                "multiply_adds": architecture.multiply_adds,
                "training_multiply_adds": architecture.training_multiply_adds(cached),
                "seconds_per_epoch": more - total,
                "seconds": total,
            }
        )
    return pd.DataFrame(rows)


def announce(
    architectures: list[Architecture],
    recipe: Recipe,
    images: int,
    device: torch.device,
    dtype: torch.dtype,
) -> None:
    """Log what training all ``architectures`` is going to cost at most, each on ``images``."""
    if not architectures:
        return
    roofline = measure(device, dtype)
    table = grid(architectures, images, recipe, roofline, dtype)
    log.info(
        "%d trainings of %d epochs of %d images: about %.0f s, if none stops early "
        "(%s, %.3g multiply-adds/s, %.3g bytes/s)",
        len(architectures),
        recipe.epochs,
        images,
        table["seconds"].sum(),
        str(dtype).removeprefix("torch."),
        roofline.multiply_adds,
        roofline.bytes,
    )


def _step(architecture: Architecture, batch: int, roofline: Roofline, dtype: torch.dtype) -> float:
    """Seconds of one step, given what training does not change."""
    frozen, itemsize = architecture.frozen > 0, dtype.itemsize
    traffic = FEATURES * architecture.features * itemsize
    calls = CALLS
    if architecture.batch_norm != "fixed":
        first, *others = _maps(architecture)
        sweeps = (FINISH if frozen else SWEEPS) * first + SWEEPS * sum(others)
        traffic += sweeps * itemsize
        calls += LAYER_CALLS * architecture.layers
    operations = architecture.training_multiply_adds(cached=True)
    if not frozen:
        operations += 2 * (FILLED - 1) * _first(architecture)  # its weights' gradient, too
    updates = PARAMETERS * architecture.parameters * torch.float32.itemsize
    return roofline.seconds(batch * operations, batch * traffic + updates, calls)


def _making(architecture: Architecture, roofline: Roofline, dtype: torch.dtype) -> float:
    """Seconds of ``Classifier.constant`` for one image, where filters are frozen."""
    maps, itemsize = _maps(architecture), dtype.itemsize
    if architecture.batch_norm == "fixed":
        traffic = FORWARD * sum(maps) * itemsize
    else:
        traffic = maps[0] * (RESPOND * itemsize + RESPOND_FLOAT32 * torch.float32.itemsize)
    operations = architecture.constant_multiply_adds + (FILLED - 1) * _first(architecture)
    return roofline.seconds(operations, traffic)


def _first(architecture: Architecture) -> int:
    """Multiply-adds of the first convolution for one image."""
    return COLOURS * architecture.channels * (architecture.size * SIDE) ** 2


def _maps(architecture: Architecture) -> list[int]:
    """Values of each layer's map of one image, before pooling."""
    return [architecture.maps * (SIDE >> layer) ** 2 for layer in range(architecture.layers)]
