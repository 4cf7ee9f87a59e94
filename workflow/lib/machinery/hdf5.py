"""HDF5 files: written whole or not at all, row by row, and refused where they cannot be read."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from machinery.errors import InputError
from machinery.files import atomic_write

# Types and axes of datasets for ``read_hdf5``.
PICTURES = ("u", (None, 3, None, None))  # RGB
DECODED = ("f", (None, 3, None, None))  # RGB on the scale [0, 1], not clipped to it
NAMES = ("SO", (None,))
# Errors that say nothing about a file's content.
SYSTEM = (
    *(errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE),
    *(errno.ENOLCK, errno.EAGAIN, errno.ENOENT),
)
Datasets = Mapping[str, tuple[str, tuple[int | None, ...]]]


@contextmanager
def atomic_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new h5py.File that becomes ``path`` when the block succeeds, as ``atomic_write``."""
    # Without a cache of chunks, a full disk fails the write itself and not some later one.
    with atomic_write(path) as part, h5py.File(part, "w", rdcc_nbytes=0) as file:
        try:
            yield file
            file.flush()
        except BaseException:
            # Now what is still to be written finds room: HDF5 crashes if it cannot close a file.
            os.truncate(part, 0)
            raise


def write_row(file: h5py.File, name: str, number: int, count: int, row: np.ndarray) -> None:
    """Write the array ``row`` as one of ``count`` rows of the HDF5 dataset ``name``, as below."""
    write_rows(file, name, number, count, row[None])


def write_rows(file: h5py.File, name: str, start: int, count: int, rows: np.ndarray) -> None:
    """Write the array ``rows`` from row ``start`` of ``count`` rows of the HDF5 dataset ``name``.

    The first call makes the dataset, and does not fill it: all rows are to be written.
    """
    if name not in file:
        file.create_dataset(name, (count, *rows.shape[1:]), rows.dtype, fill_time="never")
    dataset = file[name]
    dataset[start : start + len(rows)] = rows
    dataset.flush()  # an error in closing it would be lost


def read_hdf5(path: str | Path, datasets: Datasets) -> h5py.File:
    """The HDF5 file ``path``, which must hold ``datasets``, open for reading.

    These are, by name, the kinds that their type may have (numpy's ``dtype.kind``) and the lengths
    of their axes, None for any. Raises InputError, with the advice to delete the file, where it
    cannot be read or holds others.
    """
    try:
        file = h5py.File(path)
    except OSError as error:
        if error.errno in SYSTEM:
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise damaged_file(path, "it cannot be read") from error
    check_datasets(path, file, datasets)
    return file


def check_datasets(path: str | Path, file: h5py.File, datasets: Datasets) -> None:
    """Raise InputError unless ``file``, opened from ``path``, holds ``datasets``, as above."""
    for name, (kinds, lengths) in datasets.items():
        try:
            dataset = file[name]
            shape = dataset.shape
        except (KeyError, RuntimeError, OSError, AttributeError) as error:
            raise damaged_file(path, f"it holds no dataset {name}") from error
        fits = len(shape) == len(lengths) and all(
            wanted in (None, length) for wanted, length in zip(lengths, shape, strict=True)
        )
        if dataset.dtype.kind not in kinds or not fits:
            raise damaged_file(path, f"its dataset {name} is {dataset.dtype} {shape}")


def read_photographs(path: str | Path, split: str) -> h5py.File:
    """What ``photographs.write_crops`` wrote, open for reading; it must hold ``split``'s images."""
    file = read_hdf5(path, {split: PICTURES, f"{split}_path": NAMES})
    if len(file[split]) != len(file[f"{split}_path"]):
        raise damaged_file(path, f"it has not one name for each picture of {split}")
    return file


def finite(dataset: h5py.Dataset, start: int, stop: int | None) -> np.ndarray:
    """Rows ``start`` to ``stop`` of ``dataset``; InputError if some value is NaN or infinite."""
    rows = dataset[start:stop]
    if not np.isfinite(rows).all():
        name = dataset.name.removeprefix("/")
        raise damaged_file(
            dataset.file.filename, f"its dataset {name} holds NaN or infinite values"
        )
    return rows


def damaged_file(path: str | Path, reason: str) -> InputError:
    """What to raise for a file of the pipeline's own that was damaged or replaced."""
    return InputError(f"{path}: {reason}; delete the file and run again.")
