"""Table 1's protocol: a held-out share chooses a configuration, the test set judges it once."""

import logging
import shutil
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch

from cnninvert.classifier import Architecture
from cnninvert.classifier_data import Images
from cnninvert.classifier_training import Recipe, accuracy, describe, train
from cnninvert.device import generator

log = logging.getLogger("cnninvert")


def hold_out(images: Images, share: float, seed: int) -> tuple[Images, Images]:
    """Split ``images`` at random into those to train on and the ``share`` that is held out."""
    order = torch.randperm(len(images), generator=generator(seed, 0))
    held = round(len(images) * share)
    return images[order[held:]], images[order[:held]]


def search(
    architectures: list[Architecture],
    images: Images,
    validation: float,
    recipe: Recipe,
    seed: int,
    state: Path,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train every architecture on a part of ``images``, and score it on the rest.

    ``images`` are training images, and ``validation`` is the share that is held out; no others
    come in, so the choice cannot depend on the test set. Returns a row a configuration with its
    validation_accuracy after the last epoch, and the learning curves.
    """
    seen, held_out = hold_out(images, validation, seed)
    _announce(architectures, len(seen), recipe)
    rows, curves = [], []
    for architecture in architectures:
        _, curve = train(architecture, seen, recipe, seed, state, held_out)
        score = curve["validation"].iloc[-1]
        log.info("%s: validation %.1f %%", describe(architecture), 100 * score)
        key = _columns(architecture)
        results = {
            "validation_accuracy": score,
            "images": len(seen),
            "epochs": recipe.epochs,
            "parameters": architecture.parameters,
            "multiply_adds": architecture.multiply_adds,
        }
        rows.append(key | results)
        curves.append(curve.assign(**key)[[*key, *curve.columns]])
    return pd.DataFrame(rows), pd.concat(curves)


def best(table: pd.DataFrame) -> tuple[int, int]:
    """(size, channels) of the highest validation accuracy; of the cheapest where several tie.

    ``table`` is the first that ``search`` returns.
    """
    order = table.sort_values(["validation_accuracy", "multiply_adds"], ascending=[False, True])
    row = order.iloc[0]
    return int(row["size"]), int(row["channels"])


def judge(
    architectures: list[Architecture],
    images: Images,
    test: Images,
    recipe: Recipe,
    seeds: list[int],
    state: Path,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train every architecture with every seed on all of ``images``, and test each network once.

    Returns a row a network with its test_accuracy, and the learning curves.
    """
    runs = [(architecture, seed) for architecture in architectures for seed in seeds]
    _announce([architecture for architecture, _ in runs], len(images), recipe)
    rows, curves = [], []
    for architecture, seed in runs:
        network, curve = train(architecture, images, recipe, seed, state)
        score = accuracy(network, test, recipe.batch)
        log.info("%s, seed %d: test %.1f %%", describe(architecture), seed, 100 * score)
        key = _columns(architecture) | {"batch_norm": architecture.batch_norm, "seed": seed}
        counts = {"train_images": len(images), "test_images": len(test)}
        rows.append(key | {"test_accuracy": score} | counts)
        curves.append(curve.assign(**key)[[*key, *curve.columns]])
    return pd.DataFrame(rows), pd.concat(curves)


def forget(state: Path) -> None:
    """Delete the checkpoints of networks whose results are written."""
    shutil.rmtree(state, ignore_errors=True)


def _columns(architecture: Architecture) -> dict[str, object]:
    key = asdict(architecture)
    del key["batch_norm"]
    return key


def _announce(architectures: list[Architecture], images: int, recipe: Recipe) -> None:
    forward = sum(architecture.multiply_adds for architecture in architectures)
    log.info(
        "%d networks, %d epochs of %d images each: %.2g multiply-adds forward, "
        "about %s times that with what is propagated back",
        len(architectures),
        recipe.epochs,
        images,
        forward * recipe.epochs * images,
        "three" if architectures[0].filters == "learned" else "two",
    )
