"""Accuracy of random networks against their number of filters, and where it would reach."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from paper.verdict import fidelity


@dataclass(frozen=True)
class Trend:
    """log10(error) = ``level`` + ``slope`` * log2(channels), by least squares over the widths.

    Errors are shares of test images, 0 to 1.
    """

    level: float
    slope: float

    @classmethod
    def of(cls, channels: np.ndarray, error: np.ndarray) -> "Trend | None":
        """None of fewer than two widths, and where an error is 0."""
        if len(channels) < 2 or min(error) <= 0:
            return None
        slope, level = np.polyfit(np.log2(channels), np.log10(error), 1)
        return cls(float(level), float(slope))

    def error(self, channels):
        return 10 ** (self.level + self.slope * np.log2(channels))

    def channels(self, error: float) -> float:
        """How many filters a layer have that error; infinite where more of them do not help."""
        if self.slope >= 0:
            return np.inf
        return 2 ** ((np.log10(error) - self.level) / self.slope)


def accuracies(classifiers: pd.DataFrame) -> pd.DataFrame:
    """A row a depth and width: layers, channels, accuracy and spread (percent), seeds, and
    multiply-adds of the training. The spread of one seed is that of the test images."""
    rows = []
    for (layers, channels), group in classifiers.groupby(["layers", "channels"]):
        accuracy, spread, seeds = fidelity.mean_accuracy(group)
        cost = group["training_multiply_adds"].mean()
        rows.append(
            {"layers": layers, "channels": channels, "accuracy": accuracy}
            | {"spread": spread, "seeds": seeds, "multiply_adds": cost}
        )
    return pd.DataFrame(rows)


def printed(paper: pd.DataFrame, layers: int) -> float | None:
    """The paper's accuracy of random filters in percent; None of a depth that it does not have."""
    numbers = paper.set_index("id")["value"]
    return numbers.get(f"table1.random_filters.{layers}_layers")
