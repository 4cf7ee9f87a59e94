"""Table 1's protocol: cross-validation chooses a configuration, the test set is used once."""

import logging
from dataclasses import asdict, dataclass, replace

import pandas as pd
import torch
from torch import Tensor

from machinery.checkpoints import Checkpoints
from machinery.errors import InputError
from paper.seeds import generator
from paper.table1.architecture import Architecture
from paper.table1.calibration import CALIBRATED
from paper.table1.classifier import Classifier
from paper.table1.constants import is_cacheable
from paper.table1.halving import rungs, successive_halving
from paper.table1.images import Images
from paper.table1.optimisation import Diverged, Task
from paper.table1.recipe import Recipe
from paper.table1.tested import result
from paper.table1.training import (
    CURVE,
    accuracy,
    drop_weights,
    learning_curve,
    train,
)

log = logging.getLogger("cnninvert")


@dataclass(frozen=True)
class Validation:
    """``folds`` of 1: one split that holds out ``share`` of the images; k: k-fold
    cross-validation, each image held out once."""

    folds: int
    share: float

    def splits(self, count: int, seed: int) -> list[tuple[Tensor, Tensor]]:
        """Rows to train on and rows held out, for each fold, drawn from ``count`` images."""
        order = torch.randperm(count, generator=generator(seed, 0))
        if self.folds == 1:
            held = round(count * self.share)
            return [(order[held:], order[:held])]
        parts = order.tensor_split(self.folds)
        return [
            (torch.cat([*parts[:number], *parts[number + 1 :]]), part)
            for number, part in enumerate(parts)
        ]


def search(
    architectures: list[Architecture],
    images: Images,
    validation: Validation,
    recipe: Recipe,
    halving: int,
    seed: int,
    checkpoints: Checkpoints,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every architecture on images held out from its training, by successive halving.

    ``images`` are training images, and no others come in: the choice cannot depend on the test
    set. ``halving`` is the factor by which configurations become fewer and epochs more (1: all
    are trained to the end); where they are compared, a cycle of the learning rate ends.

    Returns a row a configuration, with validation_accuracy, the mean over folds after the epoch
    where it stopped (nothing, if its loss did not stay finite), and its spread (standard
    deviation); and the learning curves.
    """
    *restarts, _ = rungs(recipe.epochs, halving)
    recipe = replace(recipe, restarts=tuple(restarts))
    device = images.labels.device
    tasks = [
        Task(images, seen.to(device), held_out.to(device), f"fold{number}")
        for number, (seen, held_out) in enumerate(validation.splits(len(images), seed))
    ]
    curves: dict[Architecture, pd.DataFrame] = {}

    def score(architecture: Architecture, epochs: int) -> float:
        try:
            curves[architecture] = pd.concat(
                learning_curve(architecture, task, recipe, seed, checkpoints, epochs).assign(
                    fold=number
                )
                for number, task in enumerate(tasks)
            )
        except Diverged as error:
            log.warning("%s is out: %s", architecture, error)
            curves[architecture] = pd.DataFrame(columns=[*CURVE, "fold"], dtype=float)
            return float("-inf")
        mean = _at(curves[architecture], epochs).mean()
        log.info("%s: validation %.1f %% (epoch %d)", architecture, 100 * mean, epochs)
        return mean

    def drop(architecture: Architecture) -> None:
        for task in tasks:
            drop_weights(architecture, task, seed, checkpoints)

    cheapest_first = sorted(architectures, key=lambda architecture: architecture.multiply_adds)
    outcomes = successive_halving(cheapest_first, recipe.epochs, halving, score, drop)
    rows = [
        _described(outcome.candidate)
        | {
            "validation_accuracy": _at(curves[outcome.candidate], outcome.budget).mean(),
            "spread": _at(curves[outcome.candidate], outcome.budget).std(),
            "folds": len(tasks),
            "images": len(tasks[0].train),
            "epochs": outcome.budget,
            "stopped_early": outcome.budget < recipe.epochs,
        }
        for outcome in outcomes
    ]
    table = pd.DataFrame(rows).sort_values(["size", "channels"], ignore_index=True)
    return table, pd.concat(_labelled(curves[a], asdict(a)) for a in architectures)


def with_left_out(table: pd.DataFrame, left_out: list[Architecture]) -> pd.DataFrame:
    """``search``'s first table with rows for architectures that were ``left_out``.

    These stopped after 0 epochs, without an accuracy.
    """
    if not left_out:
        return table
    untried = {"folds": 0, "images": 0, "epochs": 0, "stopped_early": True}
    rows = [_described(architecture) | untried for architecture in left_out]
    together = pd.concat([table, pd.DataFrame(rows)])
    return together.sort_values(["size", "channels"], ignore_index=True)


def not_searched(given: Architecture) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What ``search`` would return where the configuration is ``given``: not trained or scored."""
    row = {"validation_accuracy": None, "spread": None, "folds": 0, "images": 0, "epochs": 0}
    table = pd.DataFrame([_described(given) | row | {"stopped_early": False}])
    return table, pd.DataFrame(columns=[*asdict(given), *CURVE, "fold"])


def best(table: pd.DataFrame) -> Architecture:
    """The highest validation accuracy among those that went to the end; the cheapest of equals.

    ``table`` is the first that ``search`` or ``not_searched`` returns.
    """
    if len(table) == 1 and not table["folds"].item():
        return _architecture(table.iloc[0])
    finalists = table[~table["stopped_early"]].dropna(subset="validation_accuracy")
    if finalists.empty:
        raise InputError(
            "table1.learning_rate: no configuration was trained to the end with a finite loss; "
            "lower the learning rate."
        )
    order = ["validation_accuracy", "multiply_adds"]
    return _architecture(finalists.sort_values(order, ascending=[False, True]).iloc[0])


def evaluate(
    architecture: Architecture,
    images: Images,
    test: Images,
    recipe: Recipe,
    seeds: list[int],
    checkpoints: Checkpoints,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Classifier]]:
    """Train an architecture with every seed on all of ``images``, and test each network once.

    Returns a row a network with its test_accuracy and cost, the learning curves, and the networks.
    """
    everything = Task(images, torch.arange(len(images), device=images.labels.device))
    cost = training_cost(architecture, images, recipe)
    rows, curves, networks = [], [], []
    for seed in seeds:
        network, curve = train(architecture, everything, recipe, seed, checkpoints)
        score = accuracy(network, test, recipe.mirrored)
        log.info("%s, seed %d: test %.1f %%", architecture, seed, 100 * score)
        rows.append(result(architecture, seed, score, images, test, cost))
        curves.append(_labelled(curve, asdict(architecture) | {"seed": seed}))
        networks.append(network)
    return pd.DataFrame(rows), pd.concat(curves), networks


def training_cost(architecture: Architecture, images: Images, recipe: Recipe) -> int:
    """Multiply-adds of training on ``images``, with caches where they are kept."""
    item = images.pixels.element_size()
    cached = is_cacheable(architecture, len(images), recipe, recipe.epochs, item)
    passes = recipe.epochs * architecture.training_multiply_adds(cached)
    once = architecture.constant_multiply_adds * (2 if recipe.augmentation.flips else 1)
    calibration = min(len(images), CALIBRATED) * architecture.calibration_multiply_adds
    return calibration + len(images) * (passes + (once if cached else 0))


def _architecture(row: pd.Series) -> Architecture:
    return Architecture(row["filters"], int(row["layers"]), int(row["size"]), int(row["channels"]))


def _described(architecture: Architecture) -> dict[str, object]:
    """What is known of an architecture before it is trained."""
    return asdict(architecture) | {
        "parameters": architecture.parameters,
        "multiply_adds": architecture.multiply_adds,
    }


def _at(curve: pd.DataFrame, epoch: int) -> pd.Series:
    return curve.loc[curve["epoch"] == epoch, "validation"]


def _labelled(curve: pd.DataFrame, key: dict[str, object]) -> pd.DataFrame:
    return curve.assign(**key)[[*key, *curve.columns]]
