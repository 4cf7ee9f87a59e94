"""HDF5 files that are not what they should be are refused in one sentence."""

import h5py
import numpy as np
import pytest

from machinery.hdf5 import PICTURES, finite, read_hdf5, read_photographs
from small_files import change, write_photographs


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("test", None, "holds no dataset test"),
        ("test", np.zeros((3, 32, 32), "u1"), "its dataset test is uint8 (3, 32, 32)"),
        ("test", np.zeros((3, 3, 32, 32), "f4"), "its dataset test is float32"),
        ("test", np.zeros((2, 3, 32, 32), "u1"), "one name for each picture"),
        ("test_path", np.zeros(3), "its dataset test_path is float64 (3,)"),
        (None, 100, "cannot be read"),
        (None, 0, "cannot be read"),
        (None, -1000, "cannot be read"),
    ],
)
def test_bad_photographs_file(name, values, words, refuse, tmp_path):
    path = tmp_path / "photographs.h5"
    write_photographs(path)
    if name:
        change(path, name, values)
    else:
        path.write_bytes(path.read_bytes()[:values])
    sentence = refuse(words, read_photographs, path, "test")
    assert sentence.startswith(str(path)) and "delete the file and run again" in sentence
    path.unlink()
    write_photographs(path)
    assert len(read_photographs(path, "test")["test"]) == 3


def test_reconstructions_with_nan(refuse, tmp_path):
    path = tmp_path / "r.h5"
    with h5py.File(path, "w") as file:
        file["noise"] = np.array([[1.0], [np.inf]])
    with read_hdf5(path, {}) as file:
        assert finite(file["noise"], 0, 1) == [[1.0]]
        refuse("its dataset noise holds NaN or infinite values", finite, file["noise"], 1, 2)
    refuse("holds no dataset original", read_hdf5, path, {"original": PICTURES})
