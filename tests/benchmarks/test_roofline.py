"""What a device reaches, and the cost of a training estimated from it; no times are compared."""

import logging
import math
from dataclasses import replace

import pytest
import torch

import training_cost
from paper.table1.architecture import Architecture
from paper.table1.images import Augmentation
from paper.table1.recipe import Recipe
from roofline import Roofline, measure
from training_cost import announce, grid, seconds

DEVICE = Roofline(multiply_adds=1e11, bytes=1e10, call=1e-6)
RECIPE = Recipe(20, 50, 0.01, Augmentation(flips=True, shifts=0), cache=10**10)
LEARNED = Architecture("learned", 2, 5, 64)
RANDOM = Architecture("random", 2, 5, 64)


def cost(architecture, recipe=RECIPE, images=1000, roofline=DEVICE, dtype=torch.float32):
    return seconds(architecture, images, recipe, roofline, dtype)


def test_arithmetic_memory_and_calls_add_up():
    assert DEVICE.seconds(3e11, 2e10, 1e6) == pytest.approx(3 + 2 + 1)
    assert Roofline(1e11, 1e10).seconds(1e11, 0, 1e6) == 1


def test_what_is_measured_is_positive(device):
    reached = measure(device, torch.float32, seconds=0.02)
    for value in (reached.multiply_adds, reached.bytes, 1 / reached.call):
        assert 0 < value < math.inf


@pytest.mark.parametrize("architecture", [LEARNED, RANDOM], ids=lambda a: a.filters)
def test_more_work_costs_more(architecture):
    base = cost(architecture)
    for larger in ({"layers": 3}, {"size": 7}, {"channels": 128}, {"activation": "crelu"}):
        assert cost(replace(architecture, **larger)) > base, larger
    assert cost(architecture, replace(RECIPE, epochs=21)) > base
    assert cost(architecture, images=1001) > base
    assert cost(architecture, replace(RECIPE, batch=10)) > base  # more calls and updates
    for slower in ({"multiply_adds": 5e10}, {"bytes": 5e9}, {"call": 2e-6}):
        assert cost(architecture, roofline=replace(DEVICE, **slower)) > base, slower
    assert cost(architecture, dtype=torch.bfloat16) < base  # by its bytes; arithmetic is DEVICE's


def test_where_bytes_and_calls_are_free_arithmetic_is_left():
    arithmetic = Roofline(1.0, math.inf)
    operations = replace(RECIPE, epochs=1), 1, arithmetic
    # The first layer's three colours count as eight, forward and in the weights' gradient.
    padded = 2 * 5 * 64 * (5 * 32) ** 2
    exact = LEARNED.training_multiply_adds(cached=False)
    assert cost(LEARNED, *operations) == pytest.approx(exact + padded)


@pytest.mark.parametrize("batch_norm", ["before", "after", "fixed"])
def test_what_is_kept_saves_time(batch_norm):
    architecture = replace(RANDOM, batch_norm=batch_norm)
    kept = cost(architecture)
    assert kept < cost(architecture, replace(RECIPE, cache=0))
    assert kept < cost(architecture, replace(RECIPE, augmentation=Augmentation(True, 1)))
    assert kept > cost(architecture, replace(RECIPE, augmentation=Augmentation(False, 0)))
    # Learned filters have nothing to keep.
    assert cost(LEARNED) == cost(LEARNED, replace(RECIPE, cache=0))


def test_frozen_filters_cost_less_than_learned_ones():
    mixed = replace(RANDOM, filters="mixed")
    assert cost(RANDOM) < cost(mixed) < cost(LEARNED)
    assert cost(replace(RANDOM, batch_norm="fixed")) < cost(RANDOM)


def test_the_grid_has_a_row_an_architecture():
    table = grid([RANDOM, LEARNED], 1000, RECIPE, DEVICE, torch.float32)
    assert list(table["filters"]) == ["random", "learned"]
    assert list(table["cached"]) == [True, False]
    assert list(table["multiply_adds"]) == [RANDOM.multiply_adds, LEARNED.multiply_adds]
    assert list(table["training_multiply_adds"]) == [
        RANDOM.training_multiply_adds(cached=True),
        LEARNED.training_multiply_adds(cached=False),
    ]
    assert list(table["seconds"]) == [cost(RANDOM), cost(LEARNED)]
    epochs = RECIPE.epochs * table["seconds_per_epoch"]
    assert epochs[0] < table["seconds"][0]  # the constants are made once
    assert epochs[1] == pytest.approx(table["seconds"][1])


def test_the_estimate_is_announced(monkeypatch, caplog):
    monkeypatch.setattr(training_cost, "measure", lambda device, dtype: DEVICE)
    with caplog.at_level(logging.INFO, "cnninvert"):
        announce([], RECIPE, 1000, torch.device("cpu"), torch.float32)
        assert not caplog.messages
        announce([RANDOM, LEARNED], RECIPE, 1000, torch.device("cpu"), torch.float32)
    (message,) = caplog.messages
    assert message.startswith("2 trainings of 20 epochs of 1000 images")
    assert f"{cost(RANDOM) + cost(LEARNED):.0f} s" in message
