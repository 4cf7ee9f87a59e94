"""How a classifier is trained."""

from dataclasses import dataclass
from typing import Any

from paper.table1.images import Augmentation


@dataclass(frozen=True)
class Recipe:
    """How a network is trained, by AdamW and Muon with one-cycle schedules.

    ``learning_rate`` is AdamW's at the peak, of the classifier and of batch norm; ``filter_rate``
    is Muon's, of filters that are learned. ``smoothing``: of labels. ``mirrored``: tested networks
    see each image and its mirror image, and their scores are added.
    ``restarts`` are epochs after which another cycle begins (Loshchilov and Hutter, ICLR 2017):
    there the learning rate has come down, so that networks can be compared.
    ``batch`` counts images; at least that many must be there. ``cache``: bytes that what training
    does not change may take; where it takes more, it is computed at every step.
    """

    epochs: int
    batch: int
    learning_rate: float
    augmentation: Augmentation
    cache: int
    restarts: tuple[int, ...] = ()
    filter_rate: float = 0.1
    smoothing: float = 0.0
    mirrored: bool = False

    def cycle(self, epoch: int) -> tuple[int, int]:
        """First epoch, counted from 0, and length of the cycle that ``epoch`` belongs to."""
        edges = [0, *self.restarts, self.epochs]
        start = max(edge for edge in edges[:-1] if edge <= epoch)
        return start, min(edge for edge in edges if edge > start) - start

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Recipe":
        """From the settings as config.yaml names them."""
        return cls(
            settings["epochs"],
            settings["batch"],
            settings["learning_rate"],
            Augmentation(settings["flips"], settings["shifts"]),
            round(settings["cache_gb"] * 1e9),
            filter_rate=settings["filter_rate"],
            smoothing=settings["smoothing"],
            mirrored=settings["mirrored"],
        )
