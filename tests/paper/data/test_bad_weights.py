"""Weights of every bad kind are refused in one sentence, leave nothing, and may be put right."""

import os
import pickle
import struct

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cnninvert.networks.layers import ARCHITECTURES, Conv
from cnninvert.networks.pretrained import Network, preprocess
from cnninvert.networks.weight_file import layers_in_file
from machinery.errors import InputError
from paper.data import weights
from paper.data.weights import read_pickled_arrays
from paper.networks import load_network


class Evil:
    def __reduce__(self):
        return os.system, ("echo this ran; touch /tmp/this-ran",)


def test_files_that_would_run_code(refuse, tmp_path, capfd):
    pickled, checkpoint = tmp_path / "w.ckpt", tmp_path / "w.pth"
    pickled.write_bytes(pickle.dumps({"VGG16_0": Evil()}))
    torch.save({"features.0.bias": Evil()}, checkpoint)
    refuse("which is not an array; refused", weights.from_flax, pickled, "vgg16")
    refuse("not a readable checkpoint", weights.from_torchvision, checkpoint, "vgg16")
    assert "this ran" not in capfd.readouterr().out


def test_a_pickle_that_runs_code_is_refused(tmp_path, capsys):
    path = tmp_path / "w.ckpt"
    path.write_bytes(pickle.dumps({"a": Evil()}))
    with pytest.raises(InputError, match="refused"):
        read_pickled_arrays(path)
    assert capsys.readouterr().out == ""


def test_a_pickle_of_arrays_is_read(tmp_path):
    path = tmp_path / "w.ckpt"
    array = np.arange(6, dtype="f4").reshape(2, 3)
    path.write_bytes(pickle.dumps({"a": {"b": array}}, protocol=3))
    assert (read_pickled_arrays(path)["a"]["b"] == array).all()
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="not a readable pickle"):
        read_pickled_arrays(path)


def convolutions(dtype=torch.float32):
    """Tensors of VGG-16's first two layers."""
    tensors = {}
    for layer in ARCHITECTURES["vgg16"][:2]:
        assert isinstance(layer, Conv)
        tensors[f"{layer.name}.weight"] = torch.full(layer.shape, 0.01).to(dtype)
        tensors[f"{layer.name}.bias"] = torch.zeros(layer.outputs, dtype=dtype)
    return tensors


def spoilt(tmp_path, how):
    """A safetensors file that is not what it should be."""
    path, tensors = tmp_path / "w.safetensors", convolutions()
    match how:
        case "NaN" | "inf":
            tensors["conv1_2.weight"][1, 2, 0, 0] = float(how)
        case "shape":
            tensors["conv1_2.weight"] = tensors["conv1_2.weight"][:, :32].contiguous()
        case "bias":
            tensors["conv1_2.bias"] = torch.zeros(32)
        case "integers":
            tensors = convolutions(torch.int8)
        case "names":
            tensors = {f"features.{name}": tensor for name, tensor in tensors.items()}
    save_file(tensors, path)
    content = path.read_bytes()
    match how:
        case "truncated":
            path.write_bytes(content[:-1000])
        case "header":
            path.write_bytes(content[:60])
        case "empty":
            path.write_bytes(b"")
        case "pickle":
            torch.save(tensors, path)
        case "list":
            path.write_bytes(struct.pack("<Q", 2) + b"[]")
        case "longer":
            path.write_bytes(content + b"more")
    return path


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("NaN", "conv1_2.weight holds NaN or infinite values; get the file again"),
        ("inf", "conv1_2.weight holds NaN or infinite values; get the file again"),
        ("shape", "conv1_2.weight has shape [64, 32, 3, 3], but vgg16 has [64, 64, 3, 3]"),
        ("bias", "conv1_2.bias has shape [32], but vgg16 has [64]"),
        ("integers", "conv1_1.weight is of type I8; save it as one of F64, F32, F16, BF16"),
        ("names", "holds no conv1_1.weight and conv1_1.bias"),
        ("truncated", "get it again"),
        ("header", "not a safetensors file"),
        ("empty", "not a safetensors file"),
        ("pickle", "not a safetensors file"),
        ("list", "not a safetensors file"),
        ("longer", "get it again"),
    ],
)
def test_bad_weights(how, words, refuse, tmp_path):
    path, output = spoilt(tmp_path, how), tmp_path / "out" / "vgg16-mine.safetensors"
    output.parent.mkdir()
    sentence = refuse(words, weights.import_weights, output, path, "vgg16", "caffe-rgb")
    assert str(path) in sentence
    save_file(convolutions(torch.float16), path)
    weights.import_weights(output, path, "vgg16", "caffe-rgb")
    assert [layer.name for layer in layers_in_file(output)] == ["conv1_1", "conv1_2", "pool1"]


@pytest.mark.parametrize("how", ["truncated", "empty", "pickle", "attributes"])
def test_weights_that_were_damaged_after_they_were_fetched(how, refuse, tmp_path):
    path = spoilt(tmp_path, how)  # without the attributes of ours in any case
    with pytest.raises(ValueError, match=str(path)):
        Network(path)
    sentence = refuse("delete the file and run again", load_network, path)
    assert str(path) in sentence


def test_what_the_library_cannot_use_is_a_value_error(tmp_path):
    """It knows no pipeline, and so gives no advice on one."""
    for how, words in {
        "empty": "not a safetensors file",
        "truncated": "get it again",
        "integers": "of type I8",
        "names": "no layer can be computed",
        "shape": "has shape",
    }.items():
        with pytest.raises(ValueError, match=words) as error:
            layers_in_file(spoilt(tmp_path, how))
        assert not isinstance(error.value, InputError) and "run again" not in str(error.value)
    with pytest.raises(ValueError, match="No such file"):
        layers_in_file(tmp_path / "nowhere.safetensors")
    with pytest.raises(ValueError, match="preprocessing 'other' is unknown"):
        preprocess(torch.zeros(1, 3, 2, 2, dtype=torch.uint8), "other")
