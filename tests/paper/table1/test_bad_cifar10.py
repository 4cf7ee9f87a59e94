"""A file of CIFAR-10 that was damaged is refused in one sentence."""

import h5py
import numpy as np
import pytest
import torch

from paper.table1 import images
from small_files import change

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("train_labels", None, "holds no dataset train_labels"),
        ("train_images", np.zeros((30, 32, 32, 3), "u1"), "(30, 32, 32, 3)"),
        ("train_images", np.zeros((10, 3, 32, 32), "u1"), "holds no 20 images"),
        ("train_labels", np.full(30, 10, "u1"), "ten classes"),
        ("train_labels", np.full(30, np.nan), "its dataset train_labels is float64"),
    ],
)
def test_bad_cifar10_file(name, values, words, refuse, tmp_path):
    path = tmp_path / "cifar10.h5"
    with h5py.File(path, "w") as file:
        file["train_images"] = np.zeros((30, 3, 32, 32), "u1")
        file["train_labels"] = np.zeros(30, "u1")
    read = (images.read, path, "train", 20, CPU, torch.float32)
    assert len(read[0](*read[1:])) == 20
    change(path, name, values)
    refuse(words, *read)
