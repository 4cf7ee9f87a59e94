"""Successive halving: who stops when, and at what cost."""

import pytest

from paper.table1.halving import rungs, successive_halving


@pytest.mark.parametrize(
    ("budget", "factor", "expected"),
    [
        *((8, 2, [1, 2, 4, 8]), (10, 2, [1, 2, 5, 10]), (9, 3, [1, 3, 9]), (5, 3, [1, 5])),
        *((4, 1, [4]), (1, 2, [1]), (2, 3, [2])),
    ],
)
def test_rungs(budget, factor, expected):
    assert rungs(budget, factor) == expected


def test_the_best_go_on_and_the_others_stop():
    calls, dropped = [], []

    def score(candidate, budget):
        calls.append((candidate, budget))
        return -abs(candidate - 6) + budget / 100

    outcomes = successive_halving([3, 4, 5, 6, 7], 4, 2, score, dropped.append)
    assert [(o.candidate, o.budget) for o in outcomes] == [(3, 1), (4, 1), (5, 4), (6, 4), (7, 2)]
    assert dropped == [3, 4, 7]
    assert [o.score for o in outcomes] == [score(o.candidate, o.budget) for o in outcomes]
    assert calls[:10] == [(c, 1) for c in (3, 4, 5, 6, 7)] + [(c, 2) for c in (5, 6, 7)] + [
        (c, 4) for c in (5, 6)
    ]


def test_of_equals_the_earlier_stays():
    outcomes = successive_halving(["a", "b"], 2, 2, lambda candidate, budget: 0.5)
    assert [o.budget for o in outcomes] == [2, 1]


def test_factor_of_one_stops_none():
    outcomes = successive_halving([1, 2, 3], 5, 1, lambda candidate, budget: candidate)
    assert [o.budget for o in outcomes] == [5, 5, 5]
