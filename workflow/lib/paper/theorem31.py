"""Theorem 3.1 simulated: how delta_k of Gaussian filters grows, and the theorem's constant C.

The theorem has the model-RIP with probability 1 - e where

    M l >= (C / delta^2) (k (log K + log n) + log(1 / e)),

for codes with at most one non-zero a filter, over all its n shifts. delta_k is the largest
distortion over all such codes; the worst ones that are found stand for it, so that it may be
larger, and C with it.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from cnninvert.operators.convolution import Convolution, gaussian_filters
from cnninvert.operators.model_sparsity import ModelProjection, sample_codes
from cnninvert.theory.worst_codes import worst_distortion
from paper.seeds import generator

TAPS = 5  # l, Figure 2's
CHANNELS, FILTERS, SHIFTS, SPARSITY = (16, 64, 256), (32, 96), (8, 32), (2, 4, 8, 16)
FAILURE = 0.05  # e
STARTS, STEPS = 6, 20  # of the search for the worst code


def points() -> list[tuple[int, int, int, int]]:
    """M, K, n and k of each filter bank that is drawn."""
    return list(product(CHANNELS, FILTERS, SHIFTS, SPARSITY))


def distortions(banks: int, seed: int) -> Iterator[dict[str, float]]:
    """A row a point and bank: M l, K, n, k and the delta of the worst code found."""
    for number, (channels, filters, shifts, k) in enumerate(points()):
        for bank in range(banks):
            random = generator(seed, 16, number, bank)
            drawn = gaussian_filters((filters, channels, TAPS), random)
            w = Convolution(drawn, shifts + TAPS - 1)
            starts = sample_codes(STARTS, filters, (shifts,), None, k, random)
            delta = worst_distortion(w, ModelProjection(None, k=k), starts, STEPS)
            yield {"Ml": channels * TAPS, "K": filters, "n": shifts, "k": k, "delta": delta}


def complexity(k: float, filters: float, places: float) -> float:
    """k (log K + log n) + log(1 / e)."""
    return k * np.log(filters * places) + np.log(1 / FAILURE)


def values_needed(c: float, delta: float, k: float, filters: int, places: float) -> float:
    """M l, as much as the theorem asks for.

    >>> round(values_needed(2.0, 0.5, 10, 96, 28))
    656
    """
    return c / delta**2 * complexity(k, filters, places)


def constant(rows: pd.DataFrame) -> float:
    """C: with it, the theorem fails for no more than a share e of the banks in ``rows``.

    Of those with a delta below 1, for which alone it is stated.
    """
    rows = rows[rows["delta"] < 1]
    needed = rows["delta"] ** 2 * rows["Ml"] / complexity(rows["k"], rows["K"], rows["n"])
    return float(needed.quantile(1 - FAILURE))


def exponents(rows: pd.DataFrame) -> pd.DataFrame:
    """How delta scales where it is below 1: exponents by least squares, and the theorem's.

    Of M l, of k, and of log K + log n; with standard errors.
    """
    rows = rows[rows["delta"] < 1]
    columns = {
        "M l": (np.log(rows["Ml"]), -0.5),
        "k": (np.log(rows["k"]), 0.5),
        "log K + log n": (np.log(np.log(rows["K"] * rows["n"])), 0.5),
    }
    design = np.column_stack([*(values for values, _ in columns.values()), np.ones(len(rows))])
    logs = np.log(rows["delta"].to_numpy())
    fitted, *_ = np.linalg.lstsq(design, logs, rcond=None)
    residual = logs - design @ fitted
    variance = (residual**2).sum() / (len(rows) - design.shape[1])
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * variance)
    return pd.DataFrame(
        {"quantity": name, "exponent": value, "standard error": error, "theorem": expected}
        for (name, (_, expected)), value, error in zip(
            columns.items(), fitted, errors, strict=False
        )
    )
