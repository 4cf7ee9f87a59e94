"""How a classifier is trained."""

from dataclasses import dataclass
from typing import Any

from cnninvert.classifier_data import Augmentation


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: ``learning_rate`` is AdamW's at the peak of a one-cycle schedule.

    ``batch`` counts images; at least that many must be there. ``cache``: bytes that what training
    does not change may take; where it takes more, it is computed at every step.
    """

    epochs: int
    batch: int
    learning_rate: float
    augmentation: Augmentation
    cache: int

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Recipe":
        """From the settings as config.yaml names them."""
        return cls(
            settings["epochs"],
            settings["batch"],
            settings["learning_rate"],
            Augmentation(settings["flips"], settings["shifts"]),
            round(settings["cache_gb"] * 1e9),
        )
