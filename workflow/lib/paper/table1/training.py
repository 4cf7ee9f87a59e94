"""Training one CNN on CIFAR-10 with checkpoints, and scoring it."""

import logging
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from machinery.checkpoints import Checkpoints
from machinery.files import atomic_write
from machinery.progress import progress
from paper.table1.architecture import Architecture
from paper.table1.classifier import Classifier
from paper.table1.images import Images, passes
from paper.table1.optimisation import Task, Training
from paper.table1.recipe import Recipe

log = logging.getLogger("cnninvert")

# What torch raises for a checkpoint that is missing, damaged or of other content.
UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    pickle.UnpicklingError,
)
CURVE = ("epoch", "train_loss", "train_accuracy", "validation")


def train(
    architecture: Architecture,
    task: Task,
    recipe: Recipe,
    seed: int,
    checkpoints: Checkpoints,
    until: int | None = None,
) -> tuple[Classifier, pd.DataFrame]:
    """Train one network, going on from its checkpoint in the checkpoints if there is one.

    ``until`` is the epoch after which to stop, with the schedule for all of ``recipe.epochs``; a
    later call goes on from there. Returns the network and its learning curve, a row an epoch:
    train_loss (cross entropy in nats), train_accuracy (both of augmented images, while the
    network learns) and validation (accuracy on the rows held out after the epoch; nothing
    without). ``seed`` decides on the filters, the order and the augmentation; the same call gives
    the same digits on a CPU. Raises Diverged where the loss is no longer finite.
    """
    path = checkpoint(architecture, task, seed, checkpoints)
    settings = _settings(architecture, task, recipe, seed, checkpoints.code)
    training = _resumed(architecture, task, recipe, seed, path, settings)
    last = recipe.epochs if until is None else until
    steps = range(len(training.curve) * training.steps, last * training.steps)
    for step in progress(steps, f"{architecture}, steps"):
        training.advance(step)
        if (step + 1) % training.steps == 0:
            training.end_epoch()
            training.save(path, settings)
    return training.network, pd.DataFrame(training.curve, columns=CURVE)


def learning_curve(
    architecture: Architecture,
    task: Task,
    recipe: Recipe,
    seed: int,
    checkpoints: Checkpoints,
    until: int,
) -> pd.DataFrame:
    """The learning curve that ``train`` returns, trained only if no checkpoint has come so far."""
    try:
        path = checkpoint(architecture, task, seed, checkpoints)
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        settings = _settings(architecture, task, recipe, seed, checkpoints.code)
        known = content["settings"] == settings
        rows = content["curve"] if known else []
    except UNREADABLE:
        rows = []
    if len(rows) < until:
        return train(architecture, task, recipe, seed, checkpoints, until)[1]
    log.info("%s: going on after epoch %d", path, len(rows))
    return pd.DataFrame(rows[:until], columns=CURVE)


def drop_weights(
    architecture: Architecture, task: Task, seed: int, checkpoints: Checkpoints
) -> None:
    """Keep of a checkpoint only the learning curve: the network is not going to be trained on."""
    path = checkpoint(architecture, task, seed, checkpoints)
    if not path.exists():  # its first epoch diverged
        return
    content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    with atomic_write(path) as part:
        torch.save({name: content[name] for name in ("settings", "curve")}, part)


def checkpoint(architecture: Architecture, task: Task, seed: int, checkpoints: Checkpoints) -> Path:
    """Where ``train`` keeps all that the next epochs depend on."""
    parts = [*asdict(architecture).values(), task.name, seed]
    return checkpoints.folder / f"{'-'.join(map(str, parts))}.pt"


def accuracy(network: Classifier, images: Images, mirrored: bool = False) -> float:
    """Share of ``images`` that ``network`` labels rightly, by batch norm's running statistics.

    ``mirrored``: the scores of an image and of its mirror image are added.
    """
    network.eval()
    right = 0
    with torch.inference_mode():
        for pixels, labels in zip(passes(images.pixels), passes(images.labels), strict=True):
            scores = network(pixels)
            if mirrored:
                scores = scores + network(pixels.flip(3))
            right += int((scores.argmax(1) == labels).sum())
    return right / len(images)


def _settings(
    architecture: Architecture, task: Task, recipe: Recipe, seed: int, code: str
) -> dict[str, Any]:
    """All that a checkpoint depends on, but the images themselves."""
    return {
        **asdict(architecture),
        **asdict(recipe),
        "seed": seed,
        "images": [len(task.train), len(() if task.held_out is None else task.held_out)],
        "device": task.images.labels.device.type,
        "type": str(task.images.pixels.dtype),
        "code": code,
    }


def _resumed(
    architecture: Architecture,
    task: Task,
    recipe: Recipe,
    seed: int,
    path: Path,
    settings: dict[str, Any],
) -> Training:
    """The training as its checkpoint left it; a fresh one where no checkpoint can be used."""
    training = Training(architecture, task, recipe, seed)
    if not path.exists():
        return training
    try:
        training.load(path, settings)
    except torch.OutOfMemoryError:
        raise  # the checkpoint is not to blame
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        log.warning("%s is not used: %s", path, reason)
        # Half of the unusable state may have been taken up.
        return Training(architecture, task, recipe, seed)
    log.info("%s: going on after epoch %d", path, len(training.curve))
    return training
