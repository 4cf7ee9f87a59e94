"""The command cnninvert invert."""

import json
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image

from cnninvert.command import _read as read
from cnninvert.command import main

NETWORK = """
from torch import nn

def build():
    return nn.Sequential(nn.Conv2d(3, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own.py").write_text(NETWORK)
    row = np.linspace(30, 220, 24).astype(np.uint8)
    Image.fromarray(np.stack([row[None].repeat(20, 0)] * 3, axis=2)).save(tmp_path / "in.png")
    return tmp_path


def command(folder, *more):
    own = ("--file", f"{folder}/own.py", "--random", "0", "--layer", "2", "--size", "16")
    return ["invert", f"{folder}/in.png", *own, "--output", f"{folder}/out.png", *more]


@pytest.mark.parametrize("known", ["values,switches", "values"])
def test_it_writes_the_picture_and_prints_its_errors(folder, known, capsys):
    assert main(command(folder, "--known", known)) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["relative_error"] < 0.2
    assert (printed["switch_error"] is None) == (known == "values")
    assert Image.open(folder / "out.png").size == (16, 16)
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        *("in.png", "out.png", "own.py")
    ]


def test_the_original_can_stand_beside_it(folder):
    assert main(command(folder, "--beside")) == 0
    shown = np.asarray(Image.open(folder / "out.png"))
    assert shown.shape == (16, 32, 3)
    original, found = np.split(shown.astype(float), 2, axis=1)
    resized = Image.open(folder / "in.png").convert("RGB")
    side = resized.resize((16, 16), Image.Resampling.BICUBIC, box=(2, 0, 22, 20))
    assert np.array_equal(original, np.asarray(side))
    assert abs(found - original).mean() < 10


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--known", "colours"], "--known colours: give any of values, switches, masks"),
        (["--weights", "w.safetensors"], "--weights, or a seed with --random, one of them"),
        (["--evaluations", "0"], "--evaluations 0: give 1 or more"),
        (["--layer", "pool"], "the network has no layer 'pool'"),
        (["--file", "no.py"], "no.py"),
        (
            ["--output", "no/such/folder.png"],
            "--output no/such/folder.png: there is no such folder",
        ),
        (["--output", "out.jpg"], "--output out.jpg: give a file that ends with .png"),
        (["--network", "vgg16"], "give --network or --file, one of them"),
        (["--mean", "123", "116", "103"], "--mean: give values in [0, 1]"),
        (["--std", "0", "1", "1"], "--std: give positive numbers"),
    ],
)
def test_bad_input_gets_a_sentence(folder, more, sentence, capsys):
    assert main(command(folder, *more)) == 1
    said = capsys.readouterr()
    assert sentence in said.err and not said.out


def test_what_pytorch_says_of_lack_of_memory_is_one_line(folder, monkeypatch, capsys):
    error = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nmore of it")
    monkeypatch.setattr("cnninvert.command.invert", Mock(side_effect=error))
    assert main(command(folder)) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == "cnninvert: CUDA out of memory. Tried to allocate 2 GiB"


def test_a_black_picture_gives_json(folder, capsys):
    Image.new("RGB", (20, 20)).save(folder / "in.png")
    assert main(command(folder, "--evaluations", "2")) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed, parse_constant=pytest.fail)["relative_error"] is None


def test_transparent_pictures_are_refused(folder, capsys):
    Image.new("RGBA", (20, 20), (255, 0, 0, 9)).save(folder / "in.png")
    assert main(command(folder)) == 1
    assert "it has transparent pixels" in capsys.readouterr().err
    Image.new("RGBA", (20, 20), (200, 0, 0, 255)).save(folder / "in.png")
    assert (read(folder / "in.png", 16)[0, 0] == 200).all()


OWN_LAYERS = """
from torch import nn

def build():
    return nn.Sequential(nn.ConvTranspose2d(3, 4, 3), nn.ReLU())
"""


def test_a_seed_determines_all_of_a_random_network(folder, capsys):
    (folder / "own.py").write_text(OWN_LAYERS)
    printed = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        assert main(command(folder, "--layer", "1", "--evaluations", "5")) == 0
        printed.append(json.loads(capsys.readouterr().out)["value_error"])
    assert printed[0] == printed[1]


def test_an_interruption_is_no_traceback(folder, monkeypatch, capsys):
    monkeypatch.setattr("cnninvert.command.invert", Mock(side_effect=KeyboardInterrupt))
    assert main(command(folder)) == 130
    assert "interrupted; nothing is written" in capsys.readouterr().err
    assert not (folder / "out.png").exists()


def test_a_file_that_is_no_picture_is_named(folder, capsys):
    (folder / "in.png").write_text("no picture")
    assert main(command(folder)) == 1
    assert "in.png: it cannot be read as a picture" in capsys.readouterr().err


def test_a_damaged_picture_is_named(folder, capsys):
    content = bytearray((folder / "in.png").read_bytes())
    content[-20] ^= 255
    content[40] ^= 255
    (folder / "in.png").write_bytes(content)
    assert main(command(folder)) == 1
    assert "in.png: it cannot be read as a picture" in capsys.readouterr().err


def test_masks_can_be_all_that_is_known(folder, capsys):
    assert main(command(folder, "--known", "masks", "--evaluations", "40")) == 0
    assert json.loads(capsys.readouterr().out)["value_error"] is None


def test_pictures_are_upright_and_16_bits_are_scaled(folder):
    path = folder / "in.png"
    turned = Image.open(path).convert("RGB").rotate(90, expand=True)  # EXIF says: turn it back
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = read(path, 16)
    turned.save(path, exif=exif)
    assert torch.equal(read(path, 16), upright)
    grey = np.full((20, 20), 257 * 100, dtype=np.uint16)
    Image.fromarray(grey).save(path)
    assert (read(path, 16) == 100).all()
    Image.fromarray(np.full((20, 20), 40_000, dtype=np.uint16)).save(folder / "in.pgm")
    assert (read(folder / "in.pgm", 16) == 156).all()


@pytest.mark.parametrize(("size", "most"), [("16", 240), ("160", 480)])
def test_large_pictures_get_more_evaluations(folder, size, most, monkeypatch):
    inversion = Mock(side_effect=KeyboardInterrupt)
    monkeypatch.setattr("cnninvert.command.invert", inversion)
    main(command(folder, "--size", size, "--known", "values"))
    assert inversion.call_args.kwargs["evaluations"] == most


def test_as_many_evaluations_as_wanted(folder, capsys):
    assert main(command(folder, "--known", "values", "--evaluations", "20")) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["evaluations"] <= 20 * 3
    assert "start 1, 20 of 20 evaluations, misfit" in said.err
