"""The CNNs of Table 1: what is frozen, what is learned, and how they are trained."""

import logging
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from machinery.checkpoints import Checkpoints
from machinery.errors import InputError
from paper.table1.calibration import calibrate
from paper.table1.classifier import Architecture, Classifier, Layer
from paper.table1.constants import Constants
from paper.table1.images import Augmentation, Images, normalise, read
from paper.table1.optimisation import Task, Training
from paper.table1.recipe import Recipe
from paper.table1.training import accuracy, train

FLIPS = Augmentation(flips=True, shifts=0)
RECIPE = Recipe(epochs=3, batch=20, learning_rate=0.01, augmentation=FLIPS, cache=10**9)
KINDS = ["random", "patches", "mixed", "learned"]
CPU = torch.device("cpu")
BLANK = torch.zeros(80, 3, 32, 32), torch.zeros(80, dtype=torch.int64)


def network(filters="random", layers=2, size=3, channels=4, **changes):
    return Architecture(filters, layers, size, channels, **changes)


def fresh(*arguments, **changes):
    return Classifier(network(*arguments, **changes), torch.Generator().manual_seed(0))


def kept(folder, code="c0de"):
    """Checkpoints in ``folder``."""
    return Checkpoints(folder, {}, code)


def everything(images, held_out=None):
    return Task(images, torch.arange(len(images)), held_out)


@pytest.fixture
def images():
    """Ten colours, one a class, under noise: separable, and not changed by flips and shifts."""
    rng = np.random.default_rng(0)
    labels = torch.arange(80) % 10
    colours = torch.from_numpy(rng.integers(0, 256, (10, 3, 1, 1)))
    noise = torch.from_numpy(rng.integers(-20, 21, (80, 3, 32, 32)))
    pixels = (colours[labels] + noise).clamp(0, 255).to(torch.uint8)
    return Images(normalise(pixels, torch.float32), labels)


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


def test_learns_a_separable_problem(images, tmp_path):
    recipe = replace(RECIPE, epochs=15)
    for filters in KINDS:
        model, curve = train(network(filters), everything(images), recipe, 0, kept(tmp_path))
        assert curve["epoch"].tolist() == list(range(1, 16))
        assert curve["train_loss"].iloc[0] < 3
        assert curve["train_loss"].iloc[-1] < curve["train_loss"].iloc[0] / 3
        assert accuracy(model, images) > 0.9


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("filters", KINDS)
def test_seed_decides(images, tmp_path, filters, dtype):
    task = everything(Images(images.pixels.to(dtype), images.labels), torch.arange(20))

    def curve(folder, seed):
        return train(network(filters), task, RECIPE, seed, kept(tmp_path / folder))[1]

    pd.testing.assert_frame_equal(curve("a", 0), curve("b", 0), check_exact=True)
    assert not curve("a", 0)["train_loss"].equals(curve("c", 1)["train_loss"])


@pytest.mark.parametrize(
    "architecture",
    [network("learned"), network("random"), network("patches", batch_norm="fixed")],
    ids=lambda architecture: architecture.filters,
)
def test_killed_training_goes_on_as_if_undisturbed(images, tmp_path, monkeypatch, architecture):
    task = everything(images, torch.arange(20))
    whole, curve = train(architecture, task, RECIPE, 0, kept(tmp_path / "whole"))
    advance = Training.advance

    def killed(self, step):
        if step == 6:  # in the middle of the second epoch of four steps
            raise KeyboardInterrupt
        advance(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            train(architecture, task, RECIPE, 0, kept(tmp_path / "killed"))
    steps = []
    monkeypatch.setattr(
        Training, "advance", lambda self, step: (steps.append(step), advance(self, step))
    )
    resumed, again = train(architecture, task, RECIPE, 0, kept(tmp_path / "killed"))
    assert steps == list(range(4, 12))
    pd.testing.assert_frame_equal(again, curve, check_exact=True)
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name


@pytest.mark.parametrize("restarts", [(), (1,), (1, 2)])
def test_training_in_parts_is_training_at_once(images, tmp_path, restarts):
    task = everything(images, torch.arange(20))
    recipe = replace(RECIPE, restarts=restarts)
    _, curve = train(network("learned"), task, recipe, 0, kept(tmp_path / "once"))
    for until in (1, 1, 2, 3):
        _, parts = train(network("learned"), task, recipe, 0, kept(tmp_path / "parts"), until)
        assert len(parts) == until
    pd.testing.assert_frame_equal(parts, curve, check_exact=True)


def test_learning_rate_comes_down_at_restarts_and_at_the_end(images):
    recipe = replace(RECIPE, epochs=4, restarts=(1, 2))
    assert [recipe.cycle(epoch) for epoch in range(4)] == [(0, 1), (1, 1), (2, 2), (2, 2)]
    training = Training(network(), everything(images), recipe, 0)
    rates = []
    for step in range(16):
        training.advance(step)
        rates.append(training.schedules["adamw"].get_last_lr()[0])
    low = [step for step, rate in enumerate(rates) if rate < 1e-6]
    assert low == [3, 7, 15]
    assert max(rates[:4]) > 0.009 and max(rates[8:]) == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize(
    "damage", ["truncated", "foreign", "other settings", "other code", "other network"]
)
def test_useless_checkpoint_is_ignored(images, tmp_path, caplog, damage):
    _, curve = train(network(), everything(images), RECIPE, 0, kept(tmp_path / "whole"))
    if damage == "other code":
        train(network(), everything(images), RECIPE, 0, kept(tmp_path, "0ther"))
    else:
        recipe = replace(RECIPE, learning_rate=0.02)
        train(network(), everything(images), recipe, 0, kept(tmp_path))
    (path,) = tmp_path.glob("*.pt")
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:1000])
    elif damage == "foreign":
        torch.save(["something else"], path)
    elif damage == "other network":
        good = torch.load(next((tmp_path / "whole").glob("*.pt")), weights_only=True)
        good["network"] = {}
        torch.save(good, path)
    with caplog.at_level(logging.WARNING):
        _, again = train(network(), everything(images), RECIPE, 0, kept(tmp_path))
    assert f"{path} is not used" in caplog.text
    pd.testing.assert_frame_equal(again, curve, check_exact=True)


def test_exploding_training_is_reported(images, tmp_path):
    with pytest.raises(InputError, match="learning_rate"):
        recipe = replace(RECIPE, learning_rate=1e30)
        train(network("learned"), everything(images), recipe, 0, kept(tmp_path))


def test_augmentation_moves_pixels_only_a_little():
    augmentation = Augmentation(flips=True, shifts=2)
    ramp = torch.arange(32.0).expand(64, 3, 32, 32)
    rows = torch.arange(64)

    def changed(pixels):
        changes = augmentation.draw(64, torch.Generator().manual_seed(0), CPU)
        return changes.of(pixels, rows), changes.flipped

    moved, flipped = changed(ramp)
    assert moved.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(flipped, moved[:, 0, 0, 0] > moved[:, 0, 0, -1])
    assert 10 < int(flipped.sum()) < 54
    straight = torch.where(flipped[:, None, None, None], moved.flip(3), moved)
    offsets = (straight - ramp)[:, 0, 0]
    assert set(offsets[:, 16].tolist()) == set(range(-2, 3))
    # Away from the border every pixel of a picture has moved by the same amount.
    assert (offsets[:, 2:-2] == offsets[:, 16:17]).all()
    columns, _ = changed(ramp.transpose(2, 3).contiguous())
    assert set((columns[:, 0, 16, 0] - 16).tolist()) == set(range(-2, 3))


def test_no_augmentation_gives_the_images():
    changes = Augmentation(flips=False, shifts=0).draw(5, torch.Generator(), CPU)
    pixels = torch.randn(9, 3, 32, 32)
    rows = torch.tensor([8, 0, 3, 3, 1])
    assert torch.equal(changes.of(pixels, rows), pixels[rows])


def test_read_takes_the_first_images_and_normalises_them(tmp_path):
    raw = torch.randint(256, (20, 3, 32, 32), dtype=torch.uint8)
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["test_images"], file["test_labels"] = raw, torch.arange(20) % 10
    found = read(tmp_path / "c.h5", "test", 12, CPU, torch.float32)
    means = torch.tensor([0.4914, 0.4822, 0.4465]).view(3, 1, 1)
    back = found.pixels * torch.tensor([0.2470, 0.2435, 0.2616]).view(3, 1, 1) + means
    torch.testing.assert_close(back * 255, raw[:12].float(), rtol=1e-4, atol=1e-3)
    assert found.pixels.is_contiguous(memory_format=torch.channels_last)
    assert found.labels.dtype == torch.int64 and found.labels.tolist() == [*range(10), 0, 1]
    half = read(tmp_path / "c.h5", "test", 12, CPU, torch.bfloat16)
    assert torch.equal(half.pixels, found.pixels.bfloat16())
