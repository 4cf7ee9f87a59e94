"""Trends of accuracy against width: exact laws are found, and what is none says so."""

from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
import torch

from machinery.checkpoints import Checkpoints
from paper.table1.architecture import Architecture
from paper.table1.closed_form import ClosedForm, evaluate_ridge
from paper.table1.images import Images
from paper.table1.width import Trend, accuracies


@pytest.fixture
def images():
    random = torch.Generator().manual_seed(0)
    return Images(torch.randn(80, 3, 32, 32, generator=random), torch.arange(80) % 10)


def test_a_power_law_is_found():
    channels = np.array([32, 64, 128, 256])
    trend = Trend.of(channels, 2 * channels**-0.25)
    assert trend.error(1024) == pytest.approx(2 * 1024**-0.25)
    assert trend.channels(2 * 1024**-0.25) == pytest.approx(1024)


def test_errors_that_do_not_fall_are_never_reached():
    assert Trend.of(np.array([32, 64]), np.array([0.4, 0.4])).channels(0.3) == np.inf
    assert Trend.of(np.array([32, 64]), np.array([0.4, 0.5])).channels(0.3) == np.inf


def test_one_width_and_no_error_have_no_trend():
    assert Trend.of(np.array([32]), np.array([0.4])) is None
    assert Trend.of(np.array([32, 64]), np.array([0.4, 0.0])) is None


def test_seeds_are_averaged():
    about = {"layers": 2, "channels": 64, "test_images": 100, "training_multiply_adds": 10}
    rows = pd.DataFrame([about | {"test_accuracy": value} for value in (0.5, 0.6)])
    (row,) = accuracies(rows).to_dict("records")
    assert row["accuracy"] == pytest.approx(55) and row["seeds"] == 2
    assert row["spread"] == pytest.approx(np.std([50, 60], ddof=1))


def test_features_that_were_kept_are_used_again(images, tmp_path, caplog, monkeypatch):
    """A job that is killed before its fit goes on after its last part, with the same digits."""
    how, network = ClosedForm(True, True, 10**9), Architecture("random", 2, 3, 4, "fixed")
    kept = Checkpoints(tmp_path / "kept", {}, "code")
    monkeypatch.setattr("paper.table1.closed_form.KEPT", 30)
    fresh = Checkpoints(tmp_path / "fresh", {}, "code")
    undisturbed = evaluate_ridge(network, images, images, how, 0, fresh)
    with monkeypatch.context() as patch:
        patch.setattr("paper.table1.ridge.fit", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            evaluate_ridge(network, images, images, how, 0, kept)
    files = sorted(path for path in (tmp_path / "kept").rglob("*") if path.is_file())
    assert len(files) == 2 * -(-len(images) // 30)
    files[-1].unlink()
    with caplog.at_level("INFO"):
        again = evaluate_ridge(network, images, images, how, 0, kept)
    assert again == undisturbed
    assert f"going on after {len(files) - 1} of {len(files)}" in caplog.text


def test_a_finished_fit_is_not_made_again_and_its_features_are_gone(images, tmp_path, monkeypatch):
    how, network = ClosedForm(True, True, 10**9), Architecture("random", 1, 3, 4, "fixed")
    kept = Checkpoints(tmp_path / "kept", {}, "code")
    first = evaluate_ridge(network, images, images, how, 0, kept)
    (file,) = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert file.stat().st_size < 2000
    monkeypatch.setattr("paper.table1.ridge.fit", Mock(side_effect=AssertionError))
    assert evaluate_ridge(network, images, images, how, 0, kept) == first


def test_a_job_that_goes_on_without_bfloat16_computes_its_features_again(images, tmp_path):
    how, network = ClosedForm(False, False, 10**9), Architecture("random", 1, 3, 4, "fixed")
    kept = Checkpoints(tmp_path / "kept", {}, "code")
    half = Images(images.pixels.bfloat16(), images.labels)
    first = evaluate_ridge(network, half, half, how, 0, kept)
    other = evaluate_ridge(network, images, images, how, 0, kept)
    fresh = evaluate_ridge(network, images, images, how, 0, Checkpoints(tmp_path / "new", {}, "c"))
    assert other == fresh
    assert evaluate_ridge(network, half, half, how, 0, kept) == first


@pytest.mark.parametrize("flips", [False, True])
def test_the_classifier_in_closed_form_learns(flips, images, tmp_path):
    """On its own training images it is far better than chance."""
    how = ClosedForm(flips, False, 10**9)
    network = Architecture("random", 1, 3, 8, "fixed")
    row = evaluate_ridge(network, images, images, how, 0, Checkpoints(tmp_path / "k", {}, ""))
    assert row["test_accuracy"] > 0.4
    assert row["train_images"] == len(images)


def test_features_beyond_the_memory_are_left_out(images, tmp_path):
    network = Architecture("random", 1, 3, 8, "fixed")
    kept = Checkpoints(tmp_path, {}, "")
    assert evaluate_ridge(network, images, images, ClosedForm(False, False, 10), 0, kept) is None
