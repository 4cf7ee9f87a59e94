"""One CNN in training, between two steps: weights, optimisers, schedules and learning curve."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from machinery.errors import InputError
from machinery.files import atomic_write
from paper.seeds import generator
from paper.table1.architecture import Architecture
from paper.table1.calibration import initial_network
from paper.table1.classifier import Classifier
from paper.table1.constants import Constants
from paper.table1.images import Images, passes
from paper.table1.muon import Muon
from paper.table1.recipe import Recipe

WEIGHT_DECAY = 0.05  # AdamW's, of the classifier; batch norm's scale and bias have none


class Diverged(InputError):
    """A training whose loss is no longer finite."""


@dataclass(frozen=True)
class Task:
    """What a network learns: ``images``, the rows of them to train on, and those held out.

    Rows are (N,) int64; ``name`` tells a task from others in the same folder of checkpoints.
    """

    images: Images
    train: Tensor
    held_out: Tensor | None = None
    name: str = "all"


class Training:
    """A network between two steps: its weights, the optimisers, their schedules and the curve."""

    def __init__(self, architecture: Architecture, task: Task, recipe: Recipe, seed: int) -> None:
        place = task.images.labels.device
        self.task, self.recipe, self.seed = task, recipe, seed
        # The last few images of an epoch wait for the next.
        self.steps = len(task.train) // recipe.batch
        self.network = initial_network(architecture, task.images.pixels, task.train, seed)
        trained = [p for p in self.network.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in trained if p.ndim == 2], "weight_decay": WEIGHT_DECAY},
            {"params": [p for p in trained if p.ndim == 1], "weight_decay": 0.0},
        ]
        self.rates = {"adamw": recipe.learning_rate}
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "adamw": torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
        }
        filters = [p for p in trained if p.ndim == 4]
        if filters:
            self.rates["muon"] = recipe.filter_rate
            self.optimisers["muon"] = Muon(filters, recipe.filter_rate)
        self.curve: list[list[float | None]] = []
        self._open_cycle(0)
        self.sums = torch.zeros(2, device=place)  # of loss and right answers, in this epoch

    @cached_property
    def constants(self) -> Constants:
        """Of the network as it is when the first step is taken.

        Kept if that pays within a cycle: where cycles end, searches leave and enter trainings.
        """
        _, epochs = self.recipe.cycle(len(self.curve))
        return Constants(self.network, self.task.images, self.recipe, epochs)

    def advance(self, step: int) -> None:
        """One step. Each epoch has random numbers of its own, so none need be kept."""
        position = step % self.steps
        if position == 0:
            self._open_epoch(step // self.steps)
        start = position * self.recipe.batch
        part = slice(start, start + self.recipe.batch)
        rows = self.order[part]
        scores = self.network.scores(self.constants.of(rows, self.changes[part]))
        labels = self.task.images.labels[rows]
        loss = F.cross_entropy(scores, labels, label_smoothing=self.recipe.smoothing)
        self.network.zero_grad()
        loss.backward()
        for name, optimiser in self.optimisers.items():
            optimiser.step()
            self.schedules[name].step()
        with torch.no_grad():
            self.sums += torch.stack([loss, (scores.argmax(1) == labels).float().mean()])

    def end_epoch(self) -> None:
        """Add the epoch to the curve, and score the rows held out."""
        loss, right = (self.sums / self.steps).tolist()
        if not loss < float("inf"):
            raise Diverged(
                f"table1.learning_rate = {self.recipe.learning_rate}: the training loss is {loss}"
                " and no longer finite; lower the learning rate."
            )
        score, held_out = None, self.task.held_out
        if held_out is not None:
            constants = map(self.constants.of, passes(held_out))
            score = _accuracy(self.network, self.task.images.labels[held_out], constants)
        self.curve.append([len(self.curve) + 1, loss, right, score])

    def save(self, path: Path, settings: dict[str, Any]) -> None:
        """Write all that the next epochs depend on; a kill leaves the old file or this one."""
        content = {"settings": settings, "curve": self.curve}
        content |= {name: part.state_dict() for name, part in self._parts().items()}
        with atomic_write(path) as part:
            torch.save(content, part)

    def load(self, path: Path, settings: dict[str, Any]) -> None:
        """Take up what ``save`` wrote. Raises ValueError if the settings were others."""
        # A GPU has no room for what is loaded beside what it replaces.
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        if content["settings"] != settings:
            raise ValueError("it belongs to other settings")
        self.curve = content["curve"]
        self._open_cycle(max(0, len(self.curve) - 1))
        for name, part in self._parts().items():
            part.load_state_dict(content[name])

    def _parts(self) -> dict[str, Any]:
        """What has a state, by its name in a checkpoint."""
        schedules = {f"schedule of {name}": part for name, part in self.schedules.items()}
        return {"network": self.network, **self.optimisers, **schedules}

    def _open_cycle(self, epoch: int) -> None:
        """The schedules of the cycle that ``epoch`` belongs to, at its beginning."""
        _, length = self.recipe.cycle(epoch)
        self.schedules = {
            name: torch.optim.lr_scheduler.OneCycleLR(
                optimiser,
                self.rates[name],
                total_steps=self.steps * length + 1,
                cycle_momentum=False,
            )
            for name, optimiser in self.optimisers.items()
        }

    def _open_epoch(self, epoch: int) -> None:
        if epoch and self.recipe.cycle(epoch)[0] == epoch:
            self._open_cycle(epoch)
        place, count = self.task.train.device, len(self.task.train)
        random = generator(self.seed, 2, epoch)
        self.network.train()
        self.order = self.task.train[torch.randperm(count, generator=random).to(place)]
        self.changes = self.recipe.augmentation.draw(count, random, place)
        self.sums.zero_()


def _accuracy(
    network: Classifier, labels: Tensor, constants: Iterable[tuple[Tensor, ...]]
) -> float:
    network.eval()
    with torch.inference_mode():
        found = torch.cat([network.scores(part).argmax(1) for part in constants])
    return int((found == labels).sum()) / len(labels)
