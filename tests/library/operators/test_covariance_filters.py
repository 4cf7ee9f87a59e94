"""Random filters with the covariance of learned ones."""

import pytest
import torch

from cnninvert.operators.covariance_filters import covariance_filters


@pytest.fixture
def learned(random) -> torch.Tensor:
    """Filters with directions that matter and others that hardly do."""
    scales = torch.logspace(0, -2, 18, dtype=torch.float64)
    return (torch.randn(64, 18, generator=random, dtype=torch.float64) * scales).view(64, 2, 3, 3)


@pytest.mark.parametrize("sides", ["input", "both"])
def test_the_norm_is_kept_in_the_mean(learned, random, sides):
    drawn = torch.stack([covariance_filters(learned, random, sides) for _ in range(1000)])
    energy = drawn.flatten(1).square().sum(1).mean() / learned.square().sum()
    assert energy == pytest.approx(1, abs=0.06)
    assert drawn.shape[1:] == learned.shape


def test_rows_have_the_learned_second_moments(learned, random):
    drawn = torch.cat([covariance_filters(learned, random, "input") for _ in range(400)])
    moments = [f.flatten(1).T @ f.flatten(1) / len(f) for f in (learned, drawn)]
    assert (moments[0] - moments[1]).norm() < 0.05 * moments[0].norm()


def test_columns_have_the_learned_second_moments(learned, random):
    grams = [
        f.flatten(1) @ f.flatten(1).T
        for f in (covariance_filters(learned, random, "both") for _ in range(800))
    ]
    rows = learned.flatten(1)
    left, values, _ = torch.linalg.svd(rows, full_matrices=False)
    # E[X X^T] = A S^2 A^T, since S Z S B^T B S Z^T S / ||S||^2 has the mean S^2.
    expected = (left * values**2) @ left.T
    assert (sum(grams) / len(grams) - expected).norm() < 0.1 * expected.norm()


def test_other_sides_are_refused(learned, random):
    with pytest.raises(ValueError, match="sides = 'inputs': one of input, both"):
        covariance_filters(learned, random, "inputs")
