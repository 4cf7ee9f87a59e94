"""What IHT recovers of random codes is what theory and each variant promise."""

import pytest
import torch

from paper.iht import trial


@pytest.fixture
def run(random):
    return lambda density, expansion: trial(
        *(16, expansion, 12, density, 5, 40, random), torch.device("cpu")
    )


def test_sparse_codes_are_recovered_by_every_variant(run):
    ends, curves = run(0.01, 0.5)
    assert len(ends) == 3 * 5 and len(curves) == 40 * len(ends)
    assert (ends["code_error"] < 1e-3).all() and (ends["signal_error"] < 1e-3).all()
    last = curves[curves["step"] == 40].reset_index(drop=True)
    # In float32, and the last code need not be the best.
    assert (last["code_error"] - ends["code_error"].reset_index(drop=True)).abs().max() < 1e-5


def test_the_unit_step_fails_first(run):
    ends, curves = run(0.15, 1)
    failed = ends.groupby("variant")["code_error"].agg(lambda errors: (errors > 0.01).mean())
    assert failed.to_dict() == {"unit": 1, "normalised": 0, "pursuit": 0}
    assert ends.groupby("variant")["diverged"].mean().to_dict() == failed.to_dict()
    unit = curves[(curves["variant"] == "unit") & (curves["step"] == 40)]
    assert unit["code_error"].eq(float("inf")).all() and unit["signal_error"].eq(float("inf")).all()


def test_more_unknowns_than_equations_cannot_be_told_apart(run):
    """15 % of K = 8 M codes: more non-zeros than the signal has values."""
    ends, _ = run(0.15, 8)
    assert (ends["code_error"] > 0.1).all() and ends["code_error"].notna().all()
