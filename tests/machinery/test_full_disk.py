"""A full disk leaves the old file, and an error that names it."""

import errno

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from machinery.files import atomic_write, write_csv
from machinery.hdf5 import atomic_hdf5, write_rows


def write_checkpoint(path):
    with atomic_write(path) as part:
        torch.save({"weights": torch.zeros(200_000)}, part)


def write_decoder(path):
    with atomic_write(path) as part:
        save_file({"weights": torch.zeros(200_000)}, part)


def write_figure(path):
    with atomic_write(path) as part:
        noise = np.random.default_rng(0).integers(0, 256, (500, 500, 3), dtype=np.uint8)
        Image.fromarray(noise).save(part, "PNG")


def write_crops_of_noise(path):
    noise = np.random.default_rng(0).integers(0, 256, (12, 3, 150, 150), dtype=np.uint8)
    with atomic_hdf5(path) as file:
        images = file.create_dataset("test", noise.shape, "u1", chunks=(1, *noise.shape[1:]))
        for number, pixels in enumerate(noise):
            images[number] = pixels


def write_rows_of(length):
    def write(path):
        with atomic_hdf5(path) as file:
            for number in range(800_000 // length):
                write_rows(file, "x", number, 800_000 // length, np.ones((1, length), "u1"))

    return write


@pytest.mark.parametrize(
    "write",
    [
        *(write_checkpoint, write_decoder, write_figure, write_crops_of_noise),
        *(write_rows_of(400_000), write_rows_of(1000)),
        lambda path: write_csv(path, pd.DataFrame(np.random.default_rng(0).random((20_000, 2)))),
    ],
    ids=["checkpoint", "decoder", "figure", "chunks", "large-rows", "small-rows", "table"],
)
def test_a_full_disk_leaves_the_old_file(write, mounted, tmp_path, capfd, figure):
    mounted(tmp_path, "size=300k")
    path = tmp_path / "file.h5"
    path.write_text("old")
    with pytest.raises(OSError) as error:
        write(path)
    assert (error.value.errno, error.value.filename) == (errno.ENOSPC, str(path))
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    assert capfd.readouterr().err == ""
    figure("bad inputs refused, by a function", 1)
    mounted(tmp_path, "size=10m")
    write(path)
    assert path.stat().st_size > 300_000 and list(tmp_path.iterdir()) == [path]
