"""Theorem 3.1's constant and exponents."""

import numpy as np
import pandas as pd
import pytest

from paper.theorem31 import FAILURE, complexity, constant, distortions, exponents, values_needed


def made_up(c: float, spread: float) -> pd.DataFrame:
    random = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "Ml": random.choice([320, 1280], 20000),
            "K": random.choice([32, 96], 20000),
            "n": random.choice([8, 32], 20000),
            "k": random.choice([2, 4], 20000),
        }
    )
    law = np.sqrt(c * complexity(rows["k"], rows["K"], rows["n"]) / rows["Ml"])
    return rows.assign(delta=law * np.exp(spread * random.standard_normal(len(rows))))


def test_the_constant_fails_as_often_as_it_may():
    rows = made_up(0.5, 0.1)
    c = constant(rows)
    assert c == pytest.approx(0.5 * np.exp(2 * 0.1 * 1.645), rel=0.02)
    needed = values_needed(c, rows["delta"], rows["k"], rows["K"], rows["n"])
    # It has enough for a smaller delta than it got.
    assert (needed < rows["Ml"]).mean() == pytest.approx(FAILURE, abs=0.002)


def test_exponents_are_those_of_a_law_that_is_known():
    rows = made_up(0.3, 0.05)
    rows["delta"] = 0.1 * rows["Ml"] ** -0.5 * rows["k"] ** 0.7 * np.log(rows["K"] * rows["n"])
    table = exponents(rows)
    assert table["exponent"].to_numpy() == pytest.approx([-0.5, 0.7, 1.0], abs=1e-6)


def test_the_same_seed_gives_the_same_banks(monkeypatch):
    monkeypatch.setattr("paper.theorem31.points", lambda: [(16, 8, 4, 2), (16, 8, 4, 4)])
    first, second = (pd.DataFrame(distortions(2, 3)) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert first["delta"].nunique() == 4 and (first["Ml"] == 80).all()
