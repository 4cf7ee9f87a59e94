"""The training of decoders on photographs: what is held out, and what a kill leaves."""

import math
from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnninvert.decoders import training, whitened
from cnninvert.decoders.decoder import Decoder, encode
from cnninvert.decoders.training import DecoderRecipe, DecoderTraining, relative_errors
from cnninvert.networks.pretrained import Network
from machinery.checkpoints import Checkpoints
from machinery.errors import InputError
from paper.seeds import generator
from paper.table4 import decoder_training
from paper.table4.decoder_data import Crops
from paper.table4.decoder_file import load_decoder
from paper.table4.decoder_training import train
from random_networks import write_network

CPU = torch.device("cpu")
RECIPE = DecoderRecipe("pool1", "known", steps=6, learning_rate=0.5, pool_loss=0.0)
SEED = 3


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "vgg16.safetensors"
    return Network(write_network(path, "conv2_2"))


@pytest.fixture(scope="module")
def shallow(tmp_path_factory):
    path = tmp_path_factory.mktemp("shallow") / "vgg16.safetensors"
    return Network(write_network(path, "conv2_1"))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Five photographs, two 64 x 64 crops of each: smooth, so that there is something to learn."""
    path = tmp_path_factory.mktemp("images") / "photographs.h5"
    coarse = torch.rand(10, 3, 8, 8, generator=generator(1)) * 255
    with h5py.File(path, "w") as file:
        smooth = F.interpolate(coarse, scale_factor=8, mode="bilinear")
        file["train"] = smooth.to(torch.uint8).numpy()
        file["train_path"] = np.repeat([f"{i}.jpg" for i in range(5)], 2).astype("S")
    return path


@pytest.fixture(autouse=True)
def small_start(monkeypatch):
    monkeypatch.setattr(decoder_training, "START_BATCHES", 2)


@pytest.fixture
def images(photographs):
    with h5py.File(photographs) as file:
        return torch.from_numpy(file["train"][:2])


def run(network, photographs, folder, recipe=RECIPE, seed=SEED, code="c0de"):
    """The decoder and its learning curve; crops of side 32, two a step."""
    checkpoints = Checkpoints(folder, {}, code)
    return train(network, photographs, recipe, 32, 2, seed, checkpoints, CPU)


def weights(network, photographs, folder, recipe=RECIPE, **others):
    decoder, curve = run(network, photographs, folder, recipe, **others)
    return decoder.state_dict(), curve


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_weights_that_end_early_serve_the_pools_they_reach(tmp_path, shallow, photographs):
    run(shallow, photographs, tmp_path)
    with pytest.raises(InputError, match="end at conv2_1, so there is no pool2"):
        run(shallow, photographs, tmp_path, replace(RECIPE, layer="pool2"))


def test_training_lowers_the_errors_and_keeps_the_best(tmp_path, network, photographs, monkeypatch):
    monkeypatch.setattr(whitened, "ROWS", 64)  # too few for a good start
    recipe, seed = replace(RECIPE, layer="pool2", steps=16), 0
    decoder, curve = run(network, photographs, tmp_path, recipe, seed)
    errors = curve["error"].tolist()
    assert curve["step"].tolist() == list(range(0, 17, 2))
    assert min(errors) < 0.9 * errors[0]
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[1]
    with h5py.File(photographs) as file:
        held_out = Crops(file, seed, CPU).held_out()
    with torch.no_grad():
        decoded = decoder(*encode(network, held_out, "pool2"))
    assert float(relative_errors(decoded, held_out).mean()) == pytest.approx(min(errors), rel=0.02)


def test_losses_at_the_pools_draw_the_mirrored_pools_to_the_encoder_s(
    tmp_path, network, photographs, images, monkeypatch
):
    monkeypatch.setattr(whitened, "ROWS", 64)  # too few for a good start
    target, _ = encode(network, images, "pool1")
    errors = []
    for weight in (0.0, 10.0):
        recipe = replace(RECIPE, layer="pool2", steps=16, pool_loss=weight)
        decoder, _ = run(network, photographs, tmp_path / str(weight), recipe)
        with torch.no_grad():
            rebuilt = dict(decoder.rebuild(*encode(network, images, "pool2")))
        errors.append(float((rebuilt["pool1"] - target).norm() / target.norm()))
    assert errors[1] < 0.95 * errors[0]


def test_steps_that_are_too_long_are_taken_back_and_halved(
    tmp_path, shallow, photographs, monkeypatch, caplog
):
    caplog.set_level("INFO")
    recipe = replace(RECIPE, steps=16, learning_rate=300.0)
    _, curve = weights(shallow, photographs, tmp_path / "guarded", recipe)
    assert "back to the best weights, with 0.25 of the learning rate" in caplog.text
    monkeypatch.setattr(training, "RETREAT", math.inf)
    _, wild = weights(shallow, photographs, tmp_path / "wild", recipe)
    assert curve["error"].iloc[-1] < wild["error"].iloc[-1] / 2


def test_validation_shares_no_photograph_with_training(photographs):
    with h5py.File(photographs) as file:
        crops = Crops(file, SEED, CPU)
        names = file["train_path"][:]
        assert not set(names[crops.training]) & set(names[crops.validation])
        assert len(crops.validation) == 1 and len(crops.training) == 8


def test_a_folder_counts_by_the_square_root_of_its_size(tmp_path):
    names = np.array([f"many/{i}.jpg" for i in range(16)] + [f"few/{i}.jpg" for i in range(4)], "S")
    with h5py.File(tmp_path / "folders.h5", "w") as file:
        file["train"], file["train_path"] = np.zeros((20, 3, 32, 32), "u1"), names
        crops = Crops(file, SEED, CPU)
    many = torch.tensor([name.startswith(b"many") for name in names[crops.training]])
    assert torch.allclose(crops.chance[many], torch.tensor(1 / 4, dtype=torch.float64))
    assert torch.allclose(crops.chance[~many], torch.tensor(1 / 2, dtype=torch.float64))


def test_one_photograph_is_too_few(tmp_path, network, photographs):
    path = tmp_path / "one.h5"
    with h5py.File(photographs) as file, h5py.File(path, "w") as one:
        one["train"], one["train_path"] = file["train"][:2], file["train_path"][:2]
    with pytest.raises(InputError, match=r"images\.train"):
        run(network, path, tmp_path)


def interrupted(network, photographs, state, monkeypatch, steps):
    """Train until killed after ``steps``, with a checkpoint after each."""
    with monkeypatch.context() as patch:
        patch.setattr(decoder_training, "CHECKPOINT_EVERY", 0.0)
        advance = DecoderTraining.advance

        def killed(self, images):
            if self.step == steps:
                raise KeyboardInterrupt
            advance(self, images)

        patch.setattr(DecoderTraining, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            run(network, photographs, state)


@pytest.mark.parametrize("steps", [0, 4])
def test_a_killed_training_goes_on_as_if_nothing_had_happened(
    tmp_path, shallow, photographs, monkeypatch, caplog, steps
):
    undisturbed, curve = weights(shallow, photographs, tmp_path / "a")
    again, _ = weights(shallow, photographs, tmp_path / "b")
    assert same(undisturbed, again)
    interrupted(shallow, photographs, tmp_path / "c", monkeypatch, steps)
    caplog.set_level("INFO")
    resumed, resumed_curve = weights(shallow, photographs, tmp_path / "c")
    assert f"going on from step {steps}" in caplog.text
    assert same(undisturbed, resumed)
    assert curve.equals(resumed_curve)
    Checkpoints(tmp_path / "c", {}, "").remove()
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("damage", ["settings", "seed", "code", "content"])
def test_a_checkpoint_that_does_not_fit_is_ignored(
    tmp_path, shallow, photographs, monkeypatch, caplog, damage
):
    interrupted(shallow, photographs, tmp_path, monkeypatch, steps=2)
    changes = {
        "settings": {"recipe": replace(RECIPE, learning_rate=0.1)},
        "seed": {"seed": SEED + 1},
        "code": {"code": "0ther"},
        "content": {},
    }[damage]
    if damage == "content":
        path = tmp_path / "checkpoint.pt"
        path.write_bytes(path.read_bytes()[:1000])
    caplog.set_level("INFO")
    started_afresh, _ = weights(shallow, photographs, tmp_path, **changes)
    assert "is not used" in caplog.text
    assert same(started_afresh, weights(shallow, photographs, tmp_path / "fresh", **changes)[0])


def test_a_decoder_that_cannot_be_read_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "decoder.safetensors"
    Decoder("vgg16", "pool1", "known").save(path)
    assert load_decoder(path).layer == "pool1"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(
        InputError, match=r"cannot be read: .*; delete the file and run again"
    ) as error:
        load_decoder(path)
    assert str(error.value).startswith(str(path))
