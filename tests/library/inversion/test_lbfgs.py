"""L-BFGS for a batch: each of its problems is solved by itself."""

import torch

from cnninvert import norms
from cnninvert.inversion.lbfgs import LBFGS


def test_another_metric_is_scaled_for_each_problem():
    """By the last step of each, whatever the others of the batch are."""
    random = torch.Generator().manual_seed(0)
    scales = torch.rand(3, 8, generator=random, dtype=torch.float64) + 0.5
    weights = torch.rand(3, 8, generator=random, dtype=torch.float64) + 0.5

    def found(which) -> torch.Tensor:
        search = LBFGS(torch.ones(len(which), 8, dtype=torch.float64), lambda x: x, history=4)
        for _ in range(6):
            x = search.trial()
            search.tell((scales[which] * x**2).sum(1) / 2, scales[which] * x)
        search.change(lambda x: weights[which] * x)
        search.tell((scales[which] * search.x**2).sum(1) / 2, scales[which] * search.x)
        return search.trial()

    alone = torch.cat([found([each]) for each in range(3)])
    torch.testing.assert_close(found([0, 1, 2]), alone)


def test_lbfgs_solves_each_problem_of_a_batch_by_itself():
    scales = torch.logspace(0, 2, 20, dtype=torch.float64) * torch.tensor([[1.0], [30.0]])
    centre = torch.randn(2, 20, dtype=torch.float64)
    search = LBFGS(torch.zeros_like(centre), lambda x: x, history=10)
    for _ in range(80):
        away = search.trial() - centre
        search.tell((scales * away**2).sum(1) / 2, scales * away)
    assert norms(search.x - centre).max() < 1e-6
