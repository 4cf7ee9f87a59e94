"""The CNNs of Table 1: what is frozen, what is learned, and that the test set stays unseen."""

import inspect
import logging
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from cnninvert import classify
from cnninvert.classifier import Architecture, Classifier
from cnninvert.classifier_data import Images, augment, read
from cnninvert.classifier_training import Recipe, Training, accuracy, train
from cnninvert.errors import InputError
from search_classifiers import main as search_script

RECIPE = Recipe(epochs=3, batch=20, learning_rate=0.01)


def network(filters="random", layers=2, batch_norm="before", size=3, channels=4):
    return Architecture(filters, layers, size, channels, batch_norm)


@pytest.fixture
def images():
    """Ten colours, one a class, under noise: separable, and not changed by shifts and flips."""
    rng = np.random.default_rng(0)
    labels = torch.arange(80) % 10
    colours = torch.from_numpy(rng.integers(0, 256, (10, 3, 1, 1)))
    noise = torch.from_numpy(rng.integers(-20, 21, (80, 3, 32, 32)))
    return Images((colours[labels] + noise).clamp(0, 255).to(torch.uint8), labels)


@pytest.mark.parametrize("batch_norm", ["before", "after"])
def test_frozen_filters_stay_and_learned_ones_move(images, tmp_path, batch_norm):
    for filters in ("random", "learned"):
        architecture = network(filters, batch_norm=batch_norm)
        fresh = Training(architecture, images, RECIPE, seed=0).network.state_dict()
        trained = train(architecture, images, RECIPE, 0, tmp_path)[0].state_dict()
        for name, before in fresh.items():
            frozen = filters == "random" and before.ndim == 4
            assert torch.equal(before, trained[name]) == frozen, name


def test_nothing_flows_back_below_the_first_batch_norm():
    model = Classifier(network("random"), torch.Generator().manual_seed(0))
    x = torch.randn(4, 3, 32, 32)
    assert not model.layers[0](x).requires_grad
    model(x).sum().backward()
    for module in model.layers:
        if isinstance(module, nn.Conv2d):
            assert module.weight.grad is None
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.grad is not None and module.bias.grad is not None


def test_random_filters_are_standard_normal():
    model = Classifier(network("random", 2, size=7, channels=64), torch.Generator().manual_seed(0))
    weight = model.layers[4].weight
    assert weight.shape == (64, 64, 7, 7)
    assert abs(float(weight.mean())) < 0.01
    assert float(weight.std()) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("batch_norm", "order"),
    [
        ("before", [nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d]),
        ("after", [nn.Conv2d, nn.ReLU, nn.BatchNorm2d, nn.MaxPool2d]),
    ],
)
def test_order_of_a_layer(batch_norm, order):
    model = Classifier(network(layers=3, batch_norm=batch_norm), torch.Generator())
    assert [type(module) for module in model.layers] == 3 * order


def test_scale_of_frozen_filters_does_not_matter():
    # Batch norm takes it away: the reason why N(0, 1) filters need no scaling.
    for batch_norm in ("before", "after"):
        model = Classifier(network("random", 2, batch_norm), torch.Generator().manual_seed(0))
        nn.init.normal_(model.classifier.weight)
        x = torch.randn(8, 3, 32, 32)
        scores = model(x)
        with torch.no_grad():
            model.layers[0].weight *= 3
            model.layers[4].weight *= 0.5
        torch.testing.assert_close(model(x), scores, rtol=1e-3, atol=1e-3)


def test_counts():
    for filters in ("random", "learned"):
        architecture = network(filters, 3, size=5, channels=8)
        model = Classifier(architecture, torch.Generator())
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        assert architecture.parameters == trained
    maps = 3 * 8 * 25 * 32**2 + 8 * 8 * 25 * 16**2 + 8 * 8 * 25 * 8**2
    assert architecture.multiply_adds == maps + 8 * 4 * 4 * 10


def test_learns_a_separable_problem(images, tmp_path):
    recipe = Recipe(epochs=15, batch=20, learning_rate=0.01)
    for filters in ("random", "learned"):
        model, curve = train(network(filters), images, recipe, 0, tmp_path)
        assert curve["epoch"].tolist() == list(range(1, 16))
        assert curve["train_loss"].iloc[0] < 3
        assert curve["train_loss"].iloc[-1] < curve["train_loss"].iloc[0] / 3
        assert accuracy(model, images, 30) > 0.9


def test_seed_decides(images, tmp_path):
    def curve(folder, seed):
        return train(network("learned"), images, RECIPE, seed, tmp_path / folder, images)[1]

    pd.testing.assert_frame_equal(curve("a", 0), curve("b", 0), check_exact=True)
    assert not curve("a", 0)["train_loss"].equals(curve("c", 1)["train_loss"])


def test_killed_training_goes_on_as_if_undisturbed(images, tmp_path, monkeypatch):
    whole, curve = train(network("learned"), images, RECIPE, 0, tmp_path / "whole", images)
    advance = Training.advance

    def killed(self, step):
        if step == 6:  # in the middle of the second epoch of four steps
            raise KeyboardInterrupt
        advance(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            train(network("learned"), images, RECIPE, 0, tmp_path / "killed", images)
    steps = []
    monkeypatch.setattr(
        Training, "advance", lambda self, step: (steps.append(step), advance(self, step))
    )
    resumed, again = train(network("learned"), images, RECIPE, 0, tmp_path / "killed", images)
    assert steps == list(range(4, 12))
    pd.testing.assert_frame_equal(again, curve, check_exact=True)
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name


@pytest.mark.parametrize("damage", ["truncated", "foreign", "other settings", "other network"])
def test_useless_checkpoint_is_ignored(images, tmp_path, caplog, damage):
    _, curve = train(network(), images, RECIPE, 0, tmp_path / "whole")
    train(network(), images, Recipe(1, 20, 0.02), 0, tmp_path)
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
        _, again = train(network(), images, RECIPE, 0, tmp_path)
    assert f"{path} is not used" in caplog.text
    pd.testing.assert_frame_equal(again, curve, check_exact=True)


def test_exploding_training_is_reported(images, tmp_path):
    with pytest.raises(InputError, match="learning_rate"):
        train(network("learned"), images, Recipe(3, 20, 1e30), 0, tmp_path)


def test_augmentation_moves_pixels_only_a_little():
    ramp = torch.arange(32, dtype=torch.uint8).expand(64, 3, 32, 32)
    moved = augment(ramp, torch.Generator().manual_seed(0))
    assert moved.is_contiguous(memory_format=torch.channels_last)
    flipped = moved[:, 0, 0, 0] > moved[:, 0, 0, -1]
    assert 10 < int(flipped.sum()) < 54
    straight = torch.where(flipped[:, None, None, None], moved.flip(3), moved).int()
    offsets = (straight - ramp.int())[:, 0, 0]
    assert set(offsets[:, 16].tolist()) == set(range(-2, 3))
    # Away from the border every pixel of a picture has moved by the same amount.
    assert (offsets[:, 2:-2] == offsets[:, 16:17]).all()
    columns = augment(ramp.transpose(2, 3).contiguous(), torch.Generator().manual_seed(0))
    assert set((columns[:, 0, 16, 0].int() - 16).tolist()) == set(range(-2, 3))


def test_hold_out_is_disjoint_and_seeded():
    numbers = torch.arange(100)
    pictures = Images(numbers.to(torch.uint8)[:, None, None, None].expand(100, 3, 32, 32), numbers)
    seen, held_out = classify.hold_out(pictures, 0.2, seed=0)
    assert (len(seen), len(held_out)) == (80, 20)
    assert sorted([*seen.labels.tolist(), *held_out.labels.tolist()]) == list(range(100))
    assert torch.equal(held_out.pixels[:, 0, 0, 0].long(), held_out.labels)
    assert torch.equal(classify.hold_out(pictures, 0.2, seed=0)[1].labels, held_out.labels)
    assert not torch.equal(classify.hold_out(pictures, 0.2, seed=1)[1].labels, held_out.labels)


def test_best_takes_the_cheapest_of_equals():
    table = pd.DataFrame(
        {
            "size": [3, 5, 7],
            "channels": [8, 8, 4],
            "validation_accuracy": [0.4, 0.5, 0.5],
            "multiply_adds": [10, 30, 20],
        }
    )
    assert classify.best(table) == (7, 4)


def test_search_never_reads_test_images(images, tmp_path, monkeypatch):
    assert not any("test" in name for name in inspect.signature(classify.search).parameters)
    # A file without test images, to which every look is reported.
    with h5py.File(tmp_path / "cifar10.h5", "w") as file:
        file["train_images"], file["train_labels"] = images.pixels, images.labels
    looked_at = []
    look = h5py.File.__getitem__
    monkeypatch.setattr(
        h5py.File, "__getitem__", lambda file, name: (looked_at.append(name), look(file, name))[1]
    )

    params = {
        "sizes": [3, 5],
        "channels": [2],
        "batch_norm": "before",
        "train_images": 80,
        "validation": 0.25,
        "epochs": 1,
        "batch": 20,
        "learning_rate": 0.01,
        "seed": 0,
        "state": str(tmp_path / "state"),
    }
    job = SimpleNamespace(
        input=SimpleNamespace(cifar10=tmp_path / "cifar10.h5"),
        output=SimpleNamespace(table=tmp_path / "t.csv", curves=tmp_path / "c.csv"),
        wildcards=SimpleNamespace(filters="random", layers="1"),
        params=SimpleNamespace(**params),
        resources={},
    )
    search_script(job)
    assert set(looked_at) == {"train_images", "train_labels"}
    table, curves = pd.read_csv(tmp_path / "t.csv"), pd.read_csv(tmp_path / "c.csv")
    assert table["size"].tolist() == [3, 5] and set(table["images"]) == {60}
    assert curves["validation"].tolist() == table["validation_accuracy"].tolist()
    assert not (tmp_path / "state").exists()


def test_judge_tests_each_reading_and_seed(images, tmp_path):
    architectures = [network(batch_norm=order) for order in ("before", "after")]
    test = images[torch.arange(30)]
    table, curves = classify.judge(architectures, images, test, RECIPE, [0, 1], tmp_path)
    key = ["batch_norm", "seed"]
    runs = [("before", 0), ("before", 1), ("after", 0), ("after", 1)]
    assert list(table[key].itertuples(index=False, name=None)) == runs
    assert table["test_accuracy"].between(0, 1).all()
    assert set(table["train_images"]) == {80} and set(table["test_images"]) == {30}
    assert len(curves) == 4 * RECIPE.epochs and curves["validation"].isna().all()


def test_read_takes_the_first_images(tmp_path, images):
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["test_images"], file["test_labels"] = images.pixels, images.labels
    found = read(tmp_path / "c.h5", "test", 12, torch.device("cpu"))
    assert torch.equal(found.pixels, images.pixels[:12])
    assert found.labels.dtype == torch.int64 and found.labels.tolist() == [*range(10), 0, 1]
