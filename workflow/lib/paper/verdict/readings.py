"""Which readings of a table its printed numbers do not reject, and how sure the closest one is.

Of E printed numbers and R readings that reach them all, ``deviations`` (R, E) are the absolute
differences of ours from the printed ones.
"""

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.05
DRAWS = 4999
# The error of noise of the same norm as x is sqrt 2 by construction, whatever is read.
GIVEN = "activation_space_random_activations"


def is_informative(number: str) -> bool:
    """Whether the printed number with this id depends on how the paper is read."""
    return not number.endswith(GIVEN)


def not_rejected(deviations: NDArray, random: np.random.Generator) -> NDArray:
    """(R,): for each reading, p that none of the others is truly closer than it is.

    A confidence set is made of those above ``LEVEL``. For each reading, the statistic is the
    largest mean of its deviations less another's; if it is as close as any, numbers by which it is
    farther are as likely as ones by which it is closer, so that the statistic has the law that it
    gets when the signs of all its differences at a number are flipped together. Looking at the
    largest takes account of the others' being many.

    >>> same = np.ones((3, 8))
    >>> not_rejected(same, np.random.default_rng(0)).tolist()
    [1.0, 1.0, 1.0]
    """
    numbers = deviations.shape[1]
    flips = random.choice([-1.0, 1.0], (numbers, DRAWS))
    p = []
    for own in deviations:
        differences = own - deviations
        observed = differences.mean(1).max()
        drawn = (differences @ flips / numbers).max(0)
        p.append((1 + (drawn >= observed - 1e-12).sum()) / (1 + DRAWS))
    return np.array(p)


def chance_of_closeness(ours: NDArray, printed: NDArray, random: np.random.Generator) -> float:
    """p that the best of the readings (R, E) is as close to numbers that have nothing to do with
    them: the printed ones (E,) in random orders.

    >>> ours = np.arange(12.0).reshape(1, 12)
    >>> chance_of_closeness(ours, ours[0], np.random.default_rng(0))
    0.0002
    """
    best = np.abs(ours - printed).mean(1).min()
    count = 0
    for _ in range(DRAWS):
        count += np.abs(ours - random.permutation(printed)).mean(1).min() <= best + 1e-12
    return float(1 + count) / (1 + DRAWS)


def chosen_without(deviations: NDArray, rows: NDArray) -> float:
    """The share of the table's ``rows`` (E,) without which the same reading is closest.

    >>> chosen_without(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array(["a", "b"]))
    1.0
    """
    best = deviations.mean(1).argmin()
    names = np.unique(rows)
    if len(names) < 2:
        return float("nan")
    kept = [deviations[:, rows != name].mean(1).argmin() == best for name in names]
    return float(np.mean(kept))
