"""Networks of Table 1 that are small enough for tests, and what they are trained with."""

import torch

from machinery.checkpoints import Checkpoints
from paper.table1.architecture import Architecture
from paper.table1.classifier import Classifier
from paper.table1.images import Augmentation
from paper.table1.optimisation import Task
from paper.table1.recipe import Recipe

FLIPS = Augmentation(flips=True, shifts=0)
RECIPE = Recipe(epochs=3, batch=20, learning_rate=0.01, augmentation=FLIPS, cache=10**9)
KINDS = ["random", "patches", "mixed", "learned"]
CPU = torch.device("cpu")
BLANK = torch.zeros(80, 3, 32, 32), torch.zeros(80, dtype=torch.int64)


def network(filters="random", layers=2, size=3, channels=4, **changes):
    return Architecture(filters, layers, size, channels, **changes)


def fresh(*arguments, **changes):
    return Classifier(network(*arguments, **changes), torch.Generator().manual_seed(0))


def kept(folder, code="c0de"):
    """Checkpoints in ``folder``."""
    return Checkpoints(folder, {}, code)


def everything(images, held_out=None):
    return Task(images, torch.arange(len(images)), held_out)
