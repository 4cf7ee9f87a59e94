"""The benchmark of the classifiers: both engines train the same network, the CSV has its columns.

That the plain loop has the same gradients also proves the shortcut of frozen layers exact.
"""

import pandas as pd
import pytest
import torch
from torch import nn

import classify as benchmark
from machinery.errors import InputError
from paper.table1.architecture import Architecture
from paper.table1.images import Augmentation, Changes
from paper.table1.optimisation import Task, Training
from paper.table1.recipe import Recipe
from plain_classifier import Pictures, PlainTraining, channels_first, sequential

UNCHANGED = Augmentation(flips=False, shifts=0)
CPU = torch.device("cpu")
TINY = "--device cpu --images 40 --batch 10 --epochs 2 --seconds 0.01 --repeat 1 --threads 1"


def assert_close(found, expected):
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("batch_norm", ["before", "after"])
@pytest.mark.parametrize("cache", [10**9, 0], ids=["cached", "at every step"])
@pytest.mark.parametrize("filters", ["random", "mixed", "learned"])
def test_both_engines_have_the_same_loss_and_gradients(filters, cache, batch_norm, random):
    data = benchmark.random_data(16, CPU, torch.float32)
    recipe = Recipe(2, 8, 0.01, UNCHANGED, cache)
    architecture = Architecture(filters, 2, 3, 6, batch_norm)
    ours = Training(architecture, Task(data.images, torch.arange(16)), recipe, seed=0)
    network = ours.network
    with torch.no_grad():  # nothing would flow back through a classifier of zeros
        network.classifier.weight.normal_(std=0.1, generator=random)
        for layer in network.layers:
            layer.norm.weight.normal_(generator=random)
            layer.norm.bias.normal_(generator=random)
            assert (layer.norm.weight < 0).any() and (layer.norm.weight > 0).any()
    pictures = Pictures(data.pixels, data.labels, UNCHANGED)
    plain = PlainTraining(sequential(network), pictures, recipe)
    ours.advance(0)
    rows = ours.order[:8]
    assert (ours.constants.kept is not None) == (filters != "learned" and cache > 0)
    plain.step(torch.stack([pictures[int(row)][0] for row in rows]), data.labels[rows])

    assert torch.allclose(plain.sums, ours.sums, rtol=1e-4)
    *modules, _, classifier = plain.network
    convolutions = [module for module in modules if isinstance(module, nn.Conv2d)]
    norms = [module for module in modules if isinstance(module, nn.BatchNorm2d)]
    for layer, convolution, norm in zip(network.layers, convolutions, norms, strict=True):
        if layer.weight.requires_grad:
            assert_close(layer.weight.grad, convolution.weight.grad)
        else:
            assert layer.weight.grad is None and convolution.weight.grad is None
        for name in ("weight", "bias"):
            assert_close(getattr(layer.norm, name).grad, getattr(norm, name).grad)
        for name in ("running_mean", "running_var"):
            assert_close(getattr(layer.norm, name), getattr(norm, name))
    assert_close(channels_first(network.classifier.weight.grad, network), classifier.weight.grad)
    assert_close(network.classifier.bias.grad, classifier.bias.grad)


def test_both_engines_change_images_alike():
    data = benchmark.random_data(1, CPU, torch.float32)
    shifts = torch.cartesian_prod(torch.arange(-1, 2), torch.arange(-1, 2)).T.repeat(1, 2)
    flipped = torch.arange(18) < 9
    row = torch.zeros(18, dtype=torch.int64)
    possible = Changes(flipped, shifts, some=True).of(data.images.pixels, row)
    pictures = Pictures(data.pixels, data.labels, Augmentation(flips=True, shifts=1))
    torch.manual_seed(0)
    drawn = torch.stack([pictures[0][0] for _ in range(300)])
    distances = torch.cdist(drawn.flatten(1), possible.flatten(1))
    nearest, second = distances.topk(2, largest=False).values.T
    assert nearest.max() < 0.1 and second.min() > 1
    assert set(distances.argmin(1).tolist()) == set(range(18))


def test_a_rate_counts_what_is_done_once():
    run = benchmark._run(images=100, rate=50, once=2, workers=0)
    assert run["images_per_second"] == 25 and run["steady_images_per_second"] == 50


def test_the_median_is_of_the_ratios():
    rows = [
        (f"1x3x3x{number}", filters, engine, rate)
        for filters, factor in (("random", 1), ("learned", 10))
        for number, ratio in enumerate([2, 3, 7])
        for engine, rate in (("cnninvert", factor * ratio * 10**number), ("plain", 10**number))
    ]
    frame = pd.DataFrame(rows, columns=[*benchmark.KEY, "engine", "images_per_second"])
    assert dict(benchmark.medians(frame)) == {"random": 3, "learned": 30}


def test_the_command_writes_its_columns_and_a_picture(tmp_path, capsys, settings_of_torch):
    table, picture = tmp_path / "table.csv", tmp_path / "picture.png"
    command = f"{TINY} --configurations 1x3x3x4 2x5x5x4 --workers 0 1"
    benchmark.main([*command.split(), "--output", str(table), "--plot", str(picture)])
    frame = pd.read_csv(table)
    first = ["device", "configuration", "filters", "engine", "images_per_second"]
    assert list(frame.columns) == benchmark.COLUMNS and benchmark.COLUMNS[:5] == first
    keys = frame[["configuration", "filters", "engine"]].apply("-".join, axis=1)
    assert list(keys) == [
        f"{configuration}-{filters}-{engine}"
        for configuration in ("1x3x3x4", "2x5x5x4")
        for filters in ("random", "learned")
        for engine in ("cnninvert", "plain")
    ]
    assert (frame["device"] == "cpu").all() and (frame["threads"] == 1).all()
    assert (frame["images_per_second"] > 0).all() and (frame["share_of_limit"] > 0).all()
    assert (frame.loc[frame["engine"] == "plain", "precision"] == "float32").all()
    assert picture.stat().st_size > 10_000
    output = capsys.readouterr().out
    assert "TF32 off" in output
    for filters, ratio in benchmark.medians(frame).items():
        assert f"{filters}: cnninvert / plain = {ratio:.2f}" in output


def test_a_configuration_that_cannot_be_read_is_refused(tmp_path, settings_of_torch):
    output = ["--output", str(tmp_path / "table.csv")]
    with pytest.raises(InputError, match="2x5x3x64 is not like 2x5x5x64"):
        benchmark.main([*TINY.split(), "--configurations", "2x5x3x64", *output])
