"""The benchmark of inversion: its columns, its picture, and peers that are not installed."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

import inversion as benchmark
from cnninvert import trace
from cnninvert.networks.models import build
from cnninvert.networks.parameters import draw_parameters
from cnninvert.networks.preprocessing import Preprocessing
from peers.inverters import Encoder, Task, mahendran_vedaldi, measure, ours


@pytest.fixture
def task():
    torch.manual_seed(0)
    layers = (nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    network = trace(nn.Sequential(*layers).requires_grad_(False), 8)
    x = torch.rand(1, 3, 8, 8)
    return Task(network, Preprocessing(8), "2", x, seconds=2)


def test_the_representation_is_scaled_and_that_of_the_picture_itself(task):
    values = Encoder(task)(task.x)
    assert values.square().mean() == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "method"), [("ours", ours(True, False)), ("other", mahendran_vedaldi)]
)
def test_errors_fall_with_time(task, name, method):
    points = list(measure(task, name, method))
    assert points[0]["seconds"] < points[-1]["seconds"]
    assert points[-1]["activation_error"] < points[0]["activation_error"]


def test_the_command_writes_its_columns_and_a_picture(tmp_path, capsys):
    module = build("vgg16")
    draw_parameters(module, 0)
    save_file(module.state_dict(), tmp_path / "weights.safetensors")
    noise = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    options = {
        **{"--weights": tmp_path / "weights.safetensors", "--folder": tmp_path},
        **{"--output": tmp_path / "found.csv", "--plot": tmp_path / "found.pdf"},
        **{"--layers": "pool1", "--photographs": 1, "--side": 32, "--seconds": 1, "--threads": 1},
    }
    benchmark.main([str(each) for option in options.items() for each in option])
    table = pd.read_csv(tmp_path / "found.csv")
    assert {"network", "layer", "known", "method", "seconds", "relative_error"} <= set(table)
    assert (tmp_path / "found.pdf").stat().st_size > 1000
    if importlib.util.find_spec("plenoptic") is None:
        assert "plenoptic is left out" in capsys.readouterr().out
