"""Writing HDF5 files: whole or not at all, and row by row."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import h5py
import numpy as np

from cnninvert.files import whole


@contextmanager
def whole_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new h5py.File, which becomes ``path`` when the block succeeds, as in ``whole``.

    Where the disk fails, the error is the system's own: h5py gives a page of its buffers instead,
    or only what follows, that the file cannot be closed.
    """
    with whole(path) as part:
        file = h5py.File(part, "w")
        try:
            yield file
            file.flush()
        except BaseException as error:
            with suppress(RuntimeError):
                file.close()
            number = re.search(r"errno = (\d+)", str(error))
            if isinstance(error, OSError | RuntimeError) and number:
                code = int(number[1])
                raise OSError(code, os.strerror(code), str(path)) from error
            raise
        file.close()


def write_row(file: h5py.File, name: str, number: int, count: int, row: np.ndarray) -> None:
    """Write the array ``row`` as one of ``count`` rows of the HDF5 dataset ``name``.

    The first call makes the dataset, and does not fill it: all rows are to be written.
    """
    if name not in file:
        file.create_dataset(name, (count, *row.shape), row.dtype, fill_time="never")
    file[name][number] = row
