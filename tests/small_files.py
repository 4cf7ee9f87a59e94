"""Small files of the pipeline's formats, and how to spoil them."""

from pathlib import Path

import h5py
import numpy as np

from machinery.hdf5 import atomic_hdf5, write_rows


def write_photographs(path: Path) -> None:
    """Three black photographs of each split."""
    with atomic_hdf5(path) as file:
        for split in ("test", "train"):
            write_rows(file, split, 0, 3, np.zeros((3, 3, 32, 32), "u1"))
            write_rows(file, f"{split}_path", 0, 3, np.array(["a", "b", "c"], "S"))
        file.attrs.update(short_side=32, crop=32)


def change(path: Path, name: str, values: np.ndarray | None) -> None:
    """Put ``values`` in the place of a dataset; None takes it away."""
    with h5py.File(path, "a") as file:
        if name in file:
            del file[name]
        if values is not None:
            file[name] = values
