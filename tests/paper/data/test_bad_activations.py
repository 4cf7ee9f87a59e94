"""Files of activations that were damaged, and networks whose activations cannot be used."""

import shutil

import h5py
import numpy as np
import pytest
import torch

from cnninvert.networks.pretrained import Network
from paper.data.activations import Activations, extract
from random_networks import write_network
from small_files import write_photographs

CPU = torch.device("cpu")


@pytest.fixture
def vgg16(tmp_path):
    return Network(write_network(tmp_path / "vgg16.safetensors", "pool1"))


def test_bad_activations(vgg16, refuse, tmp_path):
    photographs, path = tmp_path / "photographs.h5", tmp_path / "activations.h5"
    write_photographs(photographs)
    extract(vgg16, photographs, ["pool1"], path, CPU)
    assert Activations(path, vgg16).shape("pool1") == (64, 16, 16)
    cases = {
        lambda file: file.attrs.update(weights="there"): "it is of other weights, there,",
        lambda file: file.attrs.update(network="alexnet"): "it is of other weights",
        lambda file: file.attrs.clear(): "it is of other weights, None,",
        lambda file: file["pool1/output"].write_direct(
            np.full((1, 64, 16, 16), np.nan, "f4"), dest_sel=np.s_[1:2]
        ): "its dataset pool1/output holds NaN",
        lambda file: file.pop("pool1"): "holds no pool1/output",
        lambda file: file.pop("images"): "holds no dataset images",
    }
    for number, (spoil, words) in enumerate(cases.items()):
        spoilt = shutil.copy(path, tmp_path / f"{number}.h5")
        with h5py.File(spoilt, "a") as file:
            spoil(file)
        sentence = refuse(words, lambda spoilt=spoilt: Activations(spoilt, vgg16).read("pool1"))
        assert sentence.startswith(str(spoilt)) and "delete the file and run again" in sentence
    assert Activations(path, vgg16).read("pool1").isfinite().all()


def test_photographs_without_attributes(vgg16, refuse, tmp_path):
    path = tmp_path / "photographs.h5"
    write_photographs(path)
    with h5py.File(path, "a") as file:
        file.attrs.clear()
    arguments = (path, ["pool1"], tmp_path / "activations.h5", CPU)
    refuse("it does not say how its pictures were cropped", extract, vgg16, *arguments)


def test_weights_whose_activations_overflow(vgg16, refuse, tmp_path):
    write_photographs(tmp_path / "photographs.h5")
    vgg16.tensors["conv1_1.bias"] += 1e38
    vgg16.tensors["conv1_2.weight"] += 1e38
    arguments = (tmp_path / "photographs.h5", ["pool1"], tmp_path / "activations.h5", CPU)
    refuse("gives values that are not finite; use other weights", extract, vgg16, *arguments)
