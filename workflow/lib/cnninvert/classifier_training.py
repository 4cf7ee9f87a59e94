"""Training and scoring one CNN on CIFAR-10."""

import logging
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from cnninvert import classifier, classifier_data
from cnninvert.classifier import Architecture, Classifier
from cnninvert.classifier_data import Images, augment, normalise
from cnninvert.device import generator, half_precision
from cnninvert.errors import InputError
from cnninvert.files import sha256, whole
from cnninvert.progress import progress

log = logging.getLogger("cnninvert")

WEIGHT_DECAY = 0.05  # AdamW's, of filters and classifier; batch norm's scale and bias have none
CODE = (__file__, classifier.__file__, classifier_data.__file__)  # whose checkpoints these are
CURVE = ("epoch", "train_loss", "train_accuracy", "validation")


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: ``learning_rate`` is AdamW's at the peak of a one-cycle schedule.

    ``batch`` counts images; at least that many must be there.
    """

    epochs: int
    batch: int
    learning_rate: float


def train(
    architecture: Architecture,
    images: Images,
    recipe: Recipe,
    seed: int,
    state: Path,
    held_out: Images | None = None,
) -> tuple[Classifier, pd.DataFrame]:
    """Train one network on ``images``, going on from its checkpoint in ``state`` if there is one.

    Returns the network and its learning curve, a row an epoch: train_loss (cross entropy in nats),
    train_accuracy (both of augmented images, while the network learns) and validation (accuracy
    on ``held_out`` after the epoch; nothing without). ``seed`` decides on the filters, the order
    and the augmentation; the same call gives the same digits on a CPU. Raises InputError where
    the loss is no longer finite.
    """
    settings = {
        **asdict(architecture),
        **asdict(recipe),
        "seed": seed,
        "images": [len(images), len(held_out or ())],
        "device": images.labels.device.type,
        "code": [sha256(path) for path in CODE],
    }
    name = "-".join(str(value) for value in [*asdict(architecture).values(), seed])
    training = _resumed(architecture, images, recipe, seed, state / f"{name}.pt", settings)
    steps = range(len(training.curve) * training.steps, recipe.epochs * training.steps)
    for step in progress(steps, f"{describe(architecture)}, steps"):
        training.advance(step)
        if (step + 1) % training.steps == 0:
            training.close_epoch(held_out)
            training.save(state / f"{name}.pt", settings)
    return training.network, pd.DataFrame(training.curve, columns=CURVE)


def accuracy(network: Classifier, images: Images, batch: int) -> float:
    """Share of ``images`` that ``network`` labels rightly, by batch norm's running statistics."""
    network.eval()
    right = torch.zeros((), dtype=torch.int64, device=images.labels.device)
    with torch.inference_mode():
        for pixels, labels in zip(
            images.pixels.split(batch), images.labels.split(batch), strict=True
        ):
            right += (_scores(network, pixels).argmax(1) == labels).sum()
    return int(right) / len(images)


def describe(architecture: Architecture) -> str:
    """The configuration in words, for the log."""
    return (
        f"{architecture.size} x {architecture.size} filters, {architecture.channels} channels, "
        f"batch norm {architecture.batch_norm} ReLU"
    )


class Training:
    """A network between two steps: its weights, the optimiser, the schedule and the curve."""

    def __init__(
        self, architecture: Architecture, images: Images, recipe: Recipe, seed: int
    ) -> None:
        device = images.labels.device
        self.images, self.recipe, self.seed = images, recipe, seed
        self.steps = len(images) // recipe.batch  # an epoch; the last few images wait for the next
        self.network = Classifier(architecture, generator(seed, 1)).to(device)
        trained = [p for p in self.network.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
            {"params": [p for p in trained if p.ndim == 1], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, recipe.learning_rate, total_steps=self.steps * recipe.epochs + 1
        )
        self.curve: list[list[float | None]] = []
        self.sums = torch.zeros(2, device=device)  # of loss and accuracy, in this epoch

    def advance(self, step: int) -> None:
        """One step of AdamW. Each epoch has random numbers of its own, so none need be kept."""
        position = step % self.steps
        if position == 0:
            self.network.train()
            self.random = generator(self.seed, 2, step // self.steps)
            self.order = torch.randperm(len(self.images), generator=self.random)
            self.sums.zero_()
        start = position * self.recipe.batch
        batch = self.images[self.order[start : start + self.recipe.batch]]
        scores = _scores(self.network, augment(batch.pixels, self.random))
        loss = F.cross_entropy(scores, batch.labels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        right = (scores.argmax(1) == batch.labels).float().mean()
        self.sums += torch.stack([loss.detach(), right])

    def close_epoch(self, held_out: Images | None) -> None:
        """Add the epoch to the curve, and score ``held_out`` if it is given."""
        loss, right = (self.sums / self.steps).tolist()
        if not loss < float("inf"):
            raise InputError(
                f"classify.learning_rate = {self.recipe.learning_rate}: the training loss is {loss}"
                " and no longer finite; lower the learning rate."
            )
        score = None if held_out is None else accuracy(self.network, held_out, self.recipe.batch)
        self.curve.append([len(self.curve) + 1, loss, right, score])

    def save(self, path: Path, settings: dict[str, Any]) -> None:
        """Write all that the next epochs depend on; a kill leaves the old file or this one."""
        content = {"settings": settings, "curve": self.curve}
        for name in ("network", "optimiser", "schedule"):
            content[name] = getattr(self, name).state_dict()
        with whole(path) as part:
            torch.save(content, part)

    def load(self, path: Path, settings: dict[str, Any]) -> None:
        """Take up what ``save`` wrote. Raises ValueError if the settings were others."""
        content = torch.load(path, map_location=self.images.labels.device, weights_only=True)
        if content["settings"] != settings:
            raise ValueError("it belongs to other settings")
        for name in ("network", "optimiser", "schedule"):
            getattr(self, name).load_state_dict(content[name])
        self.curve = content["curve"]


def _resumed(
    architecture: Architecture,
    images: Images,
    recipe: Recipe,
    seed: int,
    path: Path,
    settings: dict[str, Any],
) -> Training:
    """The training as its checkpoint left it; a fresh one where there is none that can serve."""
    training = Training(architecture, images, recipe, seed)
    if not path.exists():
        return training
    try:
        training.load(path, settings)
    except (
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        pickle.UnpicklingError,
    ) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        log.warning("%s is not used: %s", path, reason)
        # Half of the unusable state may have been taken up.
        return Training(architecture, images, recipe, seed)
    log.info("%s: going on after epoch %d", path, len(training.curve))
    return training


def _scores(network: Classifier, pixels: Tensor) -> Tensor:
    """(B, 10) float32 scores of uint8 pictures."""
    device = pixels.device
    # bfloat16 halves the time of convolutions where the hardware has it.
    with torch.autocast(device.type, torch.bfloat16, enabled=half_precision(device)):
        return network(normalise(pixels)).float()
