"""Writing files whole or not at all, and checking files by their content."""

import errno
import glob
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from machinery import fencing
from machinery.errors import InputError


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` and rename it to ``path`` when the block succeeds.

    A failing block leaves ``path`` as it was, and so does a killed one, whose temporary file the
    next writer of ``path`` removes. The temporary name keeps the suffix, so that writers which
    choose a format by it still work. A job that another process has started again writes nothing.
    A full disk is an OSError that names ``path``, whatever the writer makes of it.
    """
    fencing.check()
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix, suffix = f".{path.name}.", f".part{path.suffix}"
    for left in path.parent.glob(f"{glob.escape(prefix)}*{suffix}"):
        left.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        fencing.check()
        part.replace(path)
    except Exception as error:
        code = _system_error(error, part)
        if code is None:
            raise
        raise OSError(code, os.strerror(code), str(path)) from error
    finally:
        part.unlink(missing_ok=True)


def _system_error(error: Exception, part: Path) -> int | None:
    """The number of the system's error that kept a writer from writing ``part``, if one did."""
    if isinstance(error, InputError):
        return None
    if isinstance(error, OSError) and error.errno:
        return error.errno if error.filename in (None, str(part)) else None
    if number := re.search(r"\b(?:os error|errno =) (\d+)", str(error)):  # safetensors, HDF5
        return int(number[1])
    # torch does not say why it could not write.
    space = os.statvfs(part.parent)
    return None if space.f_bavail else errno.ENOSPC


def write_csv(path: str | Path, table) -> None:
    """Write a pandas table, without its index."""
    with atomic_write(path) as part:
        table.to_csv(part, index=False)


def read_csv(path: Path):
    """A CSV file as a pandas table, where layers have names, be they called 0, 2 or 0.10."""
    import pandas as pd  # which takes longer to import than most of what needs this module

    return pd.read_csv(path, dtype={"layer": str})


def read_tables(paths: Iterable[Path]):
    """CSV files of the same columns as one pandas table, one below the other."""
    import pandas as pd

    return pd.concat([read_csv(path) for path in paths])


def remove_checkpoints(folder: Path) -> None:
    """Delete checkpoints whose results are written."""
    fencing.check()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_folder(beside: Path) -> Iterator[Path]:
    """Yield a new folder in the folder of ``beside``, and remove it at the end.

    What a killed job of the same name left there is removed first.
    """
    fencing.check()
    beside.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{beside.name}.scratch-"
    for left in beside.parent.glob(f"{glob.escape(prefix)}*"):
        shutil.rmtree(left, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=beside.parent))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``path`` when the block succeeds, as ``atomic_write``."""
    with scratch_folder(path) as scratch:
        folder = scratch / path.name
        folder.mkdir()
        yield folder
        fencing.check()
        shutil.rmtree(path, ignore_errors=True)
        folder.rename(path)


def sha256(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(path: str | Path, expected: str, source: str) -> None:
    """Raise InputError unless the file's SHA-256 is ``expected``; ``source`` names its origin."""
    found = sha256(path)
    if found != expected:
        raise InputError(
            f"{source}: the file's sha256 is {found[:16]}…, not {expected[:16]}… as expected; "
            "it was damaged on the way or has been replaced, and it was not used."
        )
