"""The benchmark of extraction: the plain networks compute the same, the CSV has its columns."""

import argparse

import pandas as pd
import pytest
import torch
import torch.nn.functional as F

import extract as benchmark
from cnninvert.decoders.decoder import Decoder, encode
from cnninvert.networks.pretrained import Network
from cnninvert.operators.switches import max_pool
from machinery.errors import InputError
from plain_networks import PlainDecoder, encoder, indices
from random_inputs import random_weights

TINY = "--device cpu --images 2 --batch 1 --side 32 --repeat 1 --threads 1"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return Network(random_weights(tmp_path_factory.mktemp("weights") / "vgg16.safetensors"))


@pytest.fixture
def images(random):
    return torch.randint(256, (2, 3, 32, 32), generator=random, dtype=torch.uint8)


@pytest.mark.parametrize("last", ["pool2", "conv3_1"])
def test_the_plain_encoder_computes_the_same(network, images, last):
    *_, step = network.steps(images, last)
    with torch.inference_mode():
        found = encoder(network, last)(network.preprocess(images))
    assert step.output.std() > 0.1
    torch.testing.assert_close(found, step.output)


def test_the_plain_decoder_computes_the_same(network, images):
    decoder = Decoder("vgg16", "pool3", "known").eval()
    code, places = encode(network, images, "pool3")
    with torch.inference_mode():
        expected = decoder(code, places) - decoder.mean
        found = PlainDecoder(decoder)(code, {name: indices(at) for name, at in places.items()})
    assert expected.std() > 0.01
    torch.testing.assert_close(found, expected)


def test_indices_are_those_of_torch(random):
    x = torch.randn(2, 3, 8, 6, generator=random)
    expected = F.max_pool2d(x, 2, return_indices=True)[1]
    assert torch.equal(indices(max_pool(x)[1]), expected)


def test_the_fastest_turn_counts_and_the_first_does_not():
    waits = iter([0, 0.6, 0.1, 0.4])
    runs = benchmark.fastest(
        {"one": lambda: benchmark.time.sleep(next(waits))},
        torch.device("cpu"),
        argparse.Namespace(repeat=3, images=5),
    )
    assert 5 / 0.4 < runs["one"]["images_per_second"] <= 5 / 0.1
    assert runs["one"]["cpu_seconds_per_image"] < 0.005  # of sleep


def test_ratios_say_how_fast_ours_is_beside_the_plain_one():
    columns = [*benchmark.KEY, "engine", "images_per_second", "cpu_seconds_per_image"]
    rows = [
        ("extract", "pool4", "cnninvert", 9, 0.2),
        ("extract", "pool4", "plain", 10, 0.1),
        ("decode", "pool1", "cnninvert", 4, 0.4),
        ("decode", "pool1", "plain", 5, 0.4),
    ]
    found = benchmark.ratios(pd.DataFrame(rows, columns=columns))
    assert list(found.index) == [("extract", "pool4"), ("decode", "pool1")]
    assert found["ratio"].tolist() == pytest.approx([0.9, 0.8])
    assert found["ratio_of_cpu"].tolist() == pytest.approx([0.5, 1])


def test_a_plain_write_writes_all(tmp_path, monkeypatch):
    sizes = []
    unlink = benchmark.Path.unlink
    monkeypatch.setattr(
        benchmark.Path, "unlink", lambda path: (sizes.append(path.stat().st_size), unlink(path))
    )
    assert benchmark.plain_write(tmp_path / "plain", 2**26 + 5) > 0
    assert sizes == [2**26 + 5] and not list(tmp_path.iterdir())


def test_the_command_writes_its_columns_and_a_picture(tmp_path, capsys, settings_of_torch):
    table, picture, folder = tmp_path / "table.csv", tmp_path / "picture.png", tmp_path / "folder"
    folder.mkdir()
    command = [*TINY.split(), "--layers", "pool2", "conv2_1", "pool1", "--folder", str(folder)]
    benchmark.main([*command, "--output", str(table), "--plot", str(picture)])
    frame = pd.read_csv(table)
    assert list(frame.columns) == benchmark.COLUMNS
    assert benchmark.COLUMNS[:4] == ["device", "job", "engine", "images_per_second"]
    assert list(frame[["job", "layer", "engine"]].apply("-".join, axis=1)) == [
        f"{row}-{engine}"
        for row in ("extract-pool2", "decode-pool2", "decode-pool1")
        for engine in ("cnninvert", "plain")
    ]
    assert (frame["images_per_second"] > 0).all() and (frame["precision"] == "float32").all()
    ours = frame.iloc[0]
    assert ours["mib_of_4_times"] < 1.5 * ours["mib"] and ours["share_of_disk"] > 0
    assert picture.stat().st_size > 10_000
    output = capsys.readouterr().out
    assert "peak memory" in output and "of a plain write's" in output
    assert f"{benchmark.ratios(frame)['ratio'].iloc[0]:.4g}" in output
    assert not list(folder.iterdir())


def test_layers_without_a_pool_cannot_be_decoded(tmp_path, settings_of_torch):
    command = [*TINY.split(), "--jobs", "decode", "--layers", "conv1_1"]
    with pytest.raises(InputError, match="--layers: there is no pool"):
        benchmark.main([*command, "--output", str(tmp_path / "table.csv")])
