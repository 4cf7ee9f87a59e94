"""Bits of switches: no less than what is drawn, and less for what is known."""

import numpy as np
import pytest
import torch

from cnninvert.inversion.switch_bits import switch_bits
from cnninvert.theory.context_coding import code_length


@pytest.mark.parametrize("size", [2, 4, 9])
def test_random_symbols_take_their_entropy(size):
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.ones(size))
    symbols = random.choice(size, 20_000, p=shares)
    entropy = -(shares * np.log2(shares)).sum() * len(symbols)
    bits = code_length(symbols, [random.integers(0, 5, len(symbols))], size)
    assert entropy * 0.98 < bits < entropy * 1.02 + 100


def test_the_code_is_a_distribution():
    """The probabilities of all sequences of one length add up to one (Kraft)."""
    contexts = [np.array([0, 1, 0, 0, 1]), np.array([0, 0, 0, 1, 1])]
    sequences = np.stack(np.meshgrid(*[[0, 1]] * 5), -1).reshape(-1, 5)
    total = sum(2 ** -code_length(each, contexts, 2) for each in sequences)
    assert total == pytest.approx(1)


def test_switches_that_follow_from_their_neighbours_cost_little():
    generator = torch.Generator().manual_seed(0)
    row = torch.randint(4, (1, 1, 32), generator=generator)
    same = row.expand(8, 32, 32).contiguous()
    random = torch.randint(4, (8, 32, 32), generator=generator)
    values = torch.rand(8, 32, 32, generator=generator)
    cheap, dear = (switch_bits(each, values, 4) for each in (same, random))
    assert cheap["context"] < 0.1 * cheap["raw"] < dear["context"]
    assert dear["raw"] == 2 * 8 * 32 * 32
    assert abs(dear["context"] / dear["raw"] - 1) < 0.03


def test_regions_of_zeros_hold_nothing_for_who_knows_the_values():
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(8, 16, 16, generator=generator)
    values[:, :8] = 0
    places = torch.randint(4, (8, 16, 16), generator=generator)
    places[:, :8] = 0
    found = switch_bits(places, values, 4)
    assert found["positive"] == 8 * 8 * 16
    assert found["given_values"] < 1.1 * 2 * found["positive"]
    assert switch_bits(0 * places, 0 * values, 4)["given_values"] == 0


def test_negative_maxima_have_places_too():
    """Where no ReLU comes before the pooling."""
    generator = torch.Generator().manual_seed(0)
    places = torch.randint(4, (8, 16, 16), generator=generator)
    found = switch_bits(places, -1 - torch.rand(8, 16, 16, generator=generator), 4)
    assert found["positive"] == 8 * 16 * 16
    assert found["given_values"] > 0.9 * found["raw"]
