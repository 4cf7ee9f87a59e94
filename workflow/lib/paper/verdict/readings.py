"""Which readings of a table its printed numbers do not reject, and how sure the closest one is.

There are E printed numbers, and R readings that reach them all.
"""

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.05
DRAWS = 1999
# The error of noise of the same norm as x is sqrt 2 by construction, whatever is read.
GIVEN = "activation_space_random_activations"


def is_informative(number: str) -> bool:
    """Whether the printed number with this id depends on how the paper is read."""
    return not number.endswith(GIVEN)


def not_rejected(ours: NDArray, printed: NDArray, random: np.random.Generator) -> NDArray:
    """(R,): for each reading (R, E), p that the printed numbers (E,) are its own with errors.

    The readings with p above ``LEVEL`` are a confidence set: all that a test does not reject. It is
    the likelihood ratio test against the closest reading, for independent normal errors of one
    size, which is the reading's own root mean square deviation. Its law is found by drawing printed
    numbers of that reading, for which a wrong one may be the closest, too, and the more so the more
    readings there are and the more alike they are.

    >>> ours = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    >>> not_rejected(ours, np.array([0.01, 0.0, -0.01]), np.random.default_rng(0)) > LEVEL
    array([ True, False])
    """
    numbers = len(printed)
    noise = random.standard_normal((DRAWS, numbers))
    observed = _squares(ours, printed[None])[0]
    p = []
    for number, own in enumerate(ours):
        size = np.sqrt(observed[number] / numbers)
        drawn = _squares(ours, own + size * noise)
        ratios = drawn[:, number] / drawn.min(1)
        ratio = observed[number] / observed.min()
        p.append((1 + (ratios >= ratio * (1 - 1e-9)).sum()) / (1 + DRAWS))
    return np.array(p)


def _squares(ours: NDArray, printed: NDArray) -> NDArray:
    """(B, R): sums of squared differences between readings (R, E) and numbers (B, E)."""
    found = (printed**2).sum(1)[:, None] - 2 * printed @ ours.T + (ours**2).sum(1)
    # An exact agreement would divide by zero.
    return found.clip(1e-12)


def chance_of_closeness(ours: NDArray, printed: NDArray, random: np.random.Generator) -> float:
    """p that the best of the readings (R, E) is as close to numbers that have nothing to do with
    them: the printed ones (E,) in random orders.

    >>> ours = np.arange(12.0).reshape(1, 12)
    >>> chance_of_closeness(ours, ours[0], np.random.default_rng(0))
    0.0005
    """
    best = np.abs(ours - printed).mean(1).min()
    count = 0
    for _ in range(DRAWS):
        count += np.abs(ours - random.permutation(printed)).mean(1).min() <= best + 1e-12
    return float(1 + count) / (1 + DRAWS)


def chosen_without(deviations: NDArray, rows: NDArray) -> float:
    """The share of the table's ``rows`` (E,) without which the same reading is closest.

    ``deviations`` (R, E): absolute differences of ours from the printed numbers.

    >>> chosen_without(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array(["a", "b"]))
    1.0
    """
    best = deviations.mean(1).argmin()
    names = np.unique(rows)
    if len(names) < 2:
        return float("nan")
    kept = [deviations[:, rows != name].mean(1).argmin() == best for name in names]
    return float(np.mean(kept))
