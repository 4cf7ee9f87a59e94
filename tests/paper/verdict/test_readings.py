"""Sets of readings, by simulation: how often the true one is left out, and what chance finds."""

import numpy as np
import pytest

from paper.verdict.readings import LEVEL, chance_of_closeness, chosen_without, not_rejected


def drawn(seed, readings, numbers, apart):
    """A true reading, the first, others that lie ``apart`` from it, and the printed numbers."""
    random = np.random.default_rng(seed)
    truth = random.uniform(0, 1, numbers)
    ours = truth + apart * random.standard_normal((readings, numbers))
    ours[0] = truth
    printed = truth + 0.02 * random.standard_normal(numbers)
    return ours, printed, random


@pytest.mark.parametrize("readings, apart", [(12, 0.01), (100, 0.01), (100, 0.05)])
def test_the_true_reading_is_left_out_in_at_most_one_of_twenty_tables(monkeypatch, readings, apart):
    """However many others there are, and however near."""
    monkeypatch.setattr("paper.verdict.readings.DRAWS", 199)
    left_out = []
    for seed in range(300):
        ours, printed, random = drawn(seed, readings, numbers=8, apart=apart)
        p = not_rejected(ours, printed, random)
        left_out.append(p[0] <= LEVEL)
    assert np.mean(left_out) <= LEVEL + 2 * np.sqrt(LEVEL * (1 - LEVEL) / 300)


def test_far_readings_are_rejected_and_near_ones_are_not():
    ours, printed, random = drawn(0, readings=6, numbers=12, apart=0.3)
    ours[1] = ours[0] + 0.001
    p = not_rejected(ours, printed, random)
    assert (p[:2] > LEVEL).all() and (p[2:] <= LEVEL).all()


def test_many_readings_come_close_to_numbers_by_chance(monkeypatch):
    """The p of a null is uniform, however many readings there are to choose from."""
    monkeypatch.setattr("paper.verdict.readings.DRAWS", 99)
    ranks = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        ours = random.uniform(0, 1, (40, 8))
        ranks.append(chance_of_closeness(ours, random.uniform(0, 1, 8), random))
    assert np.mean(np.array(ranks) <= 0.1) < 0.1 + 2 * np.sqrt(0.09 / 200)
    assert abs(np.mean(ranks) - 0.5) < 0.07


def test_the_choice_that_hangs_on_one_row_is_told():
    deviations = np.array([[0.0, 0.2, 0.2, 0.2], [1.0, 0.1, 0.1, 0.1]])
    rows = np.array(["pool1", "pool2", "pool3", "pool4"])
    assert chosen_without(deviations, rows) == 0.75
