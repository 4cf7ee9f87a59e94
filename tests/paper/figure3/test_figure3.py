"""What Figure 3 measures of recovered codes, and the filter banks it compares."""

import logging

import pandas as pd
import pytest
import torch

from cnninvert.networks.pretrained import Network
from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.operators.norms import norms
from cnninvert.solvers.algorithm2 import recover_codes
from paper.figure3 import code_statistics, filter_bank, warn_of_unsolved
from random_networks import write_network


@pytest.fixture
def network(tmp_path):
    return Network(write_network(tmp_path / "w.safetensors", "conv2_1"))


def test_statistics_are_of_the_restricted_codes(random):
    w = Convolution(unit_norm(gaussian_filters((10, 4, 3, 3), random)), 8, padding=1)
    x = torch.randn(5, 4, 8, 8, generator=random)
    restricted, free = recover_codes(w, x, ModelProjection(2), 0.1, 1e-3, 20)
    found = code_statistics(w, x, restricted, free)
    z = restricted.codes
    x_hat = w.adjoint(z)
    torch.testing.assert_close(found["ratio"], norms(x_hat) / norms(z))
    torch.testing.assert_close(found["residual"], norms(x - x_hat) / norms(x))
    density = (z != 0).flatten(1).sum(1) / z[0].numel()
    torch.testing.assert_close(found["density"], density.double())
    assert (found["density"] <= 0.25).all()
    for name, solution in (("", restricted), ("free_", free)):
        for column in ("gap", "iterations", "converged"):
            assert found[f"{name}{column}"] is getattr(solution, column)


def test_learned_filters_are_the_network_s_and_gaussian_ones_are_drawn(network):
    learned = filter_bank(network, "conv2_1", "learned", seed=0)
    assert torch.equal(learned, network.filters("conv2_1"))
    drawn = filter_bank(network, "conv2_1", "gaussian", seed=0)
    assert drawn.shape == learned.shape == (128, 64, 3, 3)
    assert torch.equal(drawn, filter_bank(network, "conv2_1", "gaussian", seed=0))
    assert drawn.flatten(1).square().sum(1).mean().item() == pytest.approx(1, abs=0.02)
    for other in (
        filter_bank(network, "conv2_1", "gaussian", seed=1),
        filter_bank(network, "conv2_1", "gaussian", seed=0, bank=1),
    ):
        assert not torch.equal(drawn, other)
    first = filter_bank(network, "conv1_2", "gaussian", seed=0)
    assert not torch.equal(first.flatten()[:100], drawn.flatten()[:100])


def test_codes_that_were_not_solved_are_counted(caplog):
    table = pd.DataFrame({"converged": [True, False, True], "free_converged": [True, True, False]})
    with caplog.at_level(logging.WARNING, "cnninvert"):
        warn_of_unsolved(table[:1], 20, 0.05)
        assert not caplog.messages
        warn_of_unsolved(table, 20, 0.05)
    (message,) = caplog.messages
    assert message.startswith("2 of 3 codes stopped at figure3.iterations = 20")
