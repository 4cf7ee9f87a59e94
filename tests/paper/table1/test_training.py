"""How the CNNs of Table 1 are trained, killed and continued."""

import logging
from dataclasses import replace

import h5py
import pandas as pd
import pytest
import torch

from machinery.errors import InputError
from paper.table1.images import Augmentation, Images, read
from paper.table1.optimisation import Training
from paper.table1.training import accuracy, train
from paper.table1.whitening import Whitening
from small_classifiers import CPU, KINDS, RECIPE, everything, kept, network
from table1 import whiten_cifar10 as whiten_cifar10_script


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


def test_read_takes_whitened_images_where_there_are_any(tmp_path, random):
    raw = torch.randint(256, (40, 3, 32, 32), dtype=torch.uint8, generator=random)
    with h5py.File(tmp_path / "c.h5", "w") as file:
        for split in ("train", "test"):
            file[f"{split}_images"], file[f"{split}_labels"] = raw, torch.arange(40) % 10
    whitening, whitened = tmp_path / "whitening.h5", tmp_path / "whitened.h5"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whiten_cifar10_script, "TEST_IMAGES", 40)
        whiten_cifar10_script.whiten_cifar10(
            tmp_path / "c.h5", 30, 0.1, 0, whitening=whitening, whitened=whitened
        )
    plain = read(tmp_path / "c.h5", "test", 12, CPU, torch.float32)
    found = read(tmp_path / "c.h5", "test", 12, CPU, torch.float32, whitened)
    expected = Whitening.load(whitening)(plain.pixels)
    torch.testing.assert_close(found.pixels, expected, rtol=1e-4, atol=1e-4)
    assert found.pixels.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(found.labels, plain.labels)
    with pytest.raises(InputError, match="fewer than 31 images"):
        read(tmp_path / "c.h5", "train", 31, CPU, torch.float32, whitened)
