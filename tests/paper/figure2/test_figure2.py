"""Figure 2's simulation is what the theory says of it."""

import pytest

from paper.figure2 import simulate


def test_ratios(random):
    trials, bound = simulate(300, 5, 32, 96, 32, 10, random)
    assert trials["model_rip"].mean() == pytest.approx(1, abs=0.02)
    assert trials["corollary_support"].mean() == pytest.approx(1, abs=0.03)
    # Off the support, W W^T z is noise of variance |z|^2 / (M l) at each of the K n places, most
    # of which overlap: the ratio is well above 1.
    assert trials["corollary"].mean() > 1.5
    assert (trials["error_known"] < trials["error_fixed"]).mean() > 0.99
    assert 0 < bound["delta_k"].item() <= bound["delta_2k"].item()


def test_a_sparser_signal_is_recovered_better(random):
    few, _ = simulate(200, 5, 32, 96, 32, 2, random)
    many, _ = simulate(200, 5, 32, 96, 32, 30, random)
    assert few["error_known"].mean() < many["error_known"].mean()
