"""The CNNs of Table 1: what is frozen, what is learned, what their layers compute."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from torch import nn

from paper.table1.calibration import calibrate
from paper.table1.classifier import Classifier, Layer
from paper.table1.constants import Constants
from paper.table1.images import Augmentation, Images
from paper.table1.optimisation import Training
from paper.table1.training import train
from small_classifiers import BLANK, CPU, FLIPS, KINDS, RECIPE, everything, fresh, kept, network


@pytest.mark.parametrize(
    ("filters", "batch_norm"),
    [
        *((filters, place) for filters in KINDS for place in ("before", "after")),
        *(("random", "fixed"), ("patches", "fixed")),
    ],
)
def test_frozen_filters_stay_and_learned_ones_move(images, tmp_path, filters, batch_norm):
    architecture = network(filters, batch_norm=batch_norm)
    before = Training(architecture, everything(images), RECIPE, seed=0).network.state_dict()
    after = train(architecture, everything(images), RECIPE, 0, kept(tmp_path))[0].state_dict()
    for number in range(2):
        name = f"layers.{number}.weight"
        assert torch.equal(before[name], after[name]) == (number < architecture.frozen)
    assert not torch.equal(before["classifier.weight"], after["classifier.weight"])


@pytest.mark.parametrize("batch_norm", ["before", "after"])
def test_nothing_flows_back_below_the_first_batch_norm(batch_norm):
    model = fresh("random", batch_norm=batch_norm)
    nn.init.normal_(model.classifier.weight)
    constant = model.constant(torch.randn(4, 3, 32, 32))
    assert not any(part.requires_grad for part in constant)
    model.scores(constant).sum().backward()
    for layer in model.layers:
        assert layer.weight.grad is None
        assert layer.norm.weight.grad.any() and layer.norm.bias.grad is not None


def test_random_filters_are_standard_normal():
    weight = fresh("random", 2, 7, 64).layers[1].weight
    assert weight.shape == (64, 64, 7, 7)
    assert abs(float(weight.mean())) < 0.01
    assert float(weight.std()) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("activation", ["relu", "crelu"])
@pytest.mark.parametrize("training", [True, False])
def test_layer_is_its_definition(activation, training):
    layer = Layer(network(activation=activation), 3, False, torch.Generator().manual_seed(0))
    _disturb(layer)
    layer.train(training)
    x = torch.randn(6, 3, 8, 8)
    z = _batch_norm(layer, nn.functional.conv2d(x, layer.weight, padding=1))
    if activation == "crelu":
        z = torch.cat([z, -z], 1)
    torch.testing.assert_close(layer(x), nn.functional.max_pool2d(z.relu(), 2))


@pytest.mark.parametrize("training", [True, False])
def test_layer_with_batch_norm_after_relu_is_its_definition(training):
    layer = Layer(network(batch_norm="after"), 3, False, torch.Generator().manual_seed(0))
    _disturb(layer)
    layer.train(training)
    x = torch.randn(6, 3, 8, 8)
    z = _batch_norm(layer, nn.functional.conv2d(x, layer.weight, padding=1).relu())
    torch.testing.assert_close(layer(x), nn.functional.max_pool2d(z, 2))


@pytest.mark.parametrize(
    "changes",
    [{}, {"batch_norm": "after"}, {"activation": "crelu"}],
    ids=["before", "after", "crelu"],
)
@pytest.mark.parametrize("training", [True, False])
def test_responses_of_frozen_filters_give_the_layer_exactly(changes, training):
    # With scales of both signs: where one is negative, pooling needs the minimum.
    layer = Layer(network(channels=8, **changes), 3, True, torch.Generator().manual_seed(0))
    _disturb(layer)
    layer.train(training)
    x = torch.randn(6, 3, 8, 8)
    target = torch.randn(6, 8 * (2 if changes.get("activation") else 1), 4, 4)
    results = []
    for compute in (layer.forward, lambda x: layer.finish(layer.respond(x))):
        layer.zero_grad()
        layer.norm.reset_running_stats()
        layer.norm.running_mean.fill_(0.3)
        out = compute(x)
        (out * target).sum().backward()
        norm = layer.norm
        results.append(
            [
                *(out, norm.weight.grad.clone(), norm.bias.grad.clone()),
                *(value.clone() for value in norm.buffers()),
            ]
        )
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("filters", ["random", "mixed"])
def test_cache_changes_nothing(images, tmp_path, filters):
    task = everything(images, torch.arange(0, 80, 3))
    curves = [
        train(network(filters), task, replace(RECIPE, cache=size), 0, kept(tmp_path / str(size)))[1]
        for size in (10**9, 0)
    ]
    pd.testing.assert_frame_equal(*curves, rtol=1e-3)


def test_weights_decay_but_not_batch_norm():
    training = Training(network("learned"), everything(Images(*BLANK)), RECIPE, 0)
    groups = training.optimisers["adamw"].param_groups
    decays = {p.ndim: group["weight_decay"] for group in groups for p in group["params"]}
    assert decays[2] > 0 and decays[1] == 0 and 4 not in decays
    (group,) = training.optimisers["muon"].param_groups
    assert group["params"][0] is training.network.layers[0].weight


@pytest.mark.parametrize(
    "wrong", [{"activation": "crelu", "batch_norm": "after"}, {"batch_norm": "fixed"}], ids=str
)
def test_impossible_architectures_are_refused(wrong):
    with pytest.raises(ValueError):
        network("learned", **wrong)


def test_what_is_cached():
    images = Images(torch.randn(6, 3, 32, 32), torch.zeros(6, dtype=torch.int64))

    def constants(filters="random", epochs=3, **changes):
        return Constants(fresh(filters), images, replace(RECIPE, **changes), epochs).kept

    assert constants() and constants("mixed")
    assert not constants("learned")
    assert not constants(augmentation=Augmentation(True, 2))
    # Maxima and minima of 4 channels and 16 x 16 places, two moments, of 6 images and mirrored.
    size = 6 * 2 * 4 * 4 * (2 * 256 + 2)
    assert sum(part.nbytes for part in constants(cache=size)) == size
    assert not constants(cache=size - 1)
    # Images and mirrored ones would be made as often by two epochs.
    assert not constants(epochs=2)
    assert constants(epochs=2, augmentation=Augmentation(False, 0))


def test_cached_images_are_the_mirrored_ones():
    model, pixels = fresh("random"), torch.randn(6, 3, 32, 32)
    constants = Constants(model, Images(pixels, torch.zeros(6)), RECIPE, 3)
    assert constants.kept
    rows = torch.tensor([4, 1, 4])
    changes = FLIPS.draw(3, torch.Generator().manual_seed(1), CPU)
    expected = torch.where(changes.flipped[:, None, None, None], pixels[rows].flip(3), pixels[rows])
    found = constants.of(rows, changes)
    torch.testing.assert_close(found, tuple(model.constant(expected)))
    assert found[0].is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(constants.of(rows), tuple(model.constant(pixels[rows])))


def test_scale_of_frozen_filters_does_not_matter():
    # Batch norm takes it away: the reason why N(0, 1) filters need no scaling.
    for batch_norm in ("before", "after"):
        model = fresh("random", batch_norm=batch_norm)
        nn.init.normal_(model.classifier.weight)
        x = torch.randn(8, 3, 32, 32)
        scores = model(x)
        with torch.no_grad():
            model.layers[0].weight *= 3
            model.layers[1].weight *= 0.5
        torch.testing.assert_close(model(x), scores, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("filters", "batch_norm", "activation"),
    [
        *((filters, "before", activation) for filters in KINDS for activation in ("relu", "crelu")),
        ("random", "fixed", "relu"),
    ],
)
def test_counts(filters, batch_norm, activation):
    architecture = network(filters, 3, 5, 8, batch_norm=batch_norm, activation=activation)
    model = Classifier(architecture, torch.Generator())
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert architecture.parameters == trained
    maps = 16 if activation == "crelu" else 8
    first, second, third = 3 * 8 * 25 * 32**2, maps * 8 * 25 * 16**2, maps * 8 * 25 * 8**2
    linear = maps * 4 * 4 * 10
    passes = 3 * first + 2 * second + third  # each layer's statistics need the layers below
    calibrated = batch_norm == "fixed" or filters == "patches"
    assert architecture.calibration_multiply_adds == (passes if calibrated else 0)
    assert architecture.multiply_adds == first + second + third + linear
    if batch_norm == "fixed":
        assert architecture.training_multiply_adds(cached=True) == 2 * linear
        uncached = first + second + third + 2 * linear
        assert architecture.training_multiply_adds(cached=False) == uncached
        return
    # Forward, back to each layer's input but the first's, and to the learned filters.
    forward, back = first + second + third, second + third
    filters_of = {"learned": first + second + third, "mixed": second + third}.get(filters, 0)
    expected = forward + back + filters_of + 2 * linear
    assert architecture.training_multiply_adds(cached=False) == expected
    saved = 0 if filters == "learned" else first
    assert architecture.training_multiply_adds(cached=True) == expected - saved


def test_calibration_takes_the_statistics_of_the_rows(images):
    model = fresh("random", batch_norm="fixed")
    rows = torch.arange(0, 80, 2)
    calibrate(model, images.pixels, rows, torch.Generator())
    x = images.pixels[rows]
    for layer in model.layers:
        y = layer.convolve(x)
        torch.testing.assert_close(layer.norm.running_mean, y.mean((0, 2, 3)), rtol=1e-3, atol=1e-3)
        expected = y.var((0, 2, 3), correction=0)
        torch.testing.assert_close(layer.norm.running_var, expected, rtol=1e-3, atol=1e-3)
        x = layer(x)


def test_fixed_features_do_not_depend_on_the_batch(images):
    model = Training(network(batch_norm="fixed"), everything(images), RECIPE, 0).network
    together, alone = model.constant(images.pixels)[0], model.constant(images.pixels[:1])[0]
    torch.testing.assert_close(together[:1], alone, rtol=1e-4, atol=1e-4)


def _disturb(layer):
    """Scales of both signs, biases, and running statistics."""
    random = torch.Generator().manual_seed(2)
    for value in (layer.norm.weight, layer.norm.bias, layer.norm.running_mean):
        nn.init.normal_(value, generator=random)
    nn.init.uniform_(layer.norm.running_var, 0.5, 2, generator=random)


def _batch_norm(layer, y):
    norm = layer.norm
    mean, variance = norm.running_mean, norm.running_var
    if norm.training:
        mean, variance = y.mean((0, 2, 3)), y.var((0, 2, 3), correction=0)
    z = (y - mean[:, None, None]) / (variance + norm.eps).sqrt()[:, None, None]
    return norm.weight[:, None, None] * z + norm.bias[:, None, None]
