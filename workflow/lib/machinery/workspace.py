"""The folders that a run writes to: whether it can, and that no other run does meanwhile."""

import fcntl
import os
from pathlib import Path
from typing import TextIO

from machinery.errors import InputError

LEAST = 2**20  # bytes to be left on the disk
_claimed: list[TextIO] = []  # open files, whose locks last as long as this process


def check_writable(folder: Path) -> None:
    """Raise InputError unless ``folder``, or where it is to be made, can be written to.

    The folders that it has are checked, too, and that its disk is not full: Snakemake, which writes
    first, would end in a traceback.
    """
    place = folder
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        raise InputError(f"{place}: here is a file where a folder is to be; move it away.")
    space = os.statvfs(place)
    if space.f_bavail * space.f_frsize < LEAST or (space.f_files and not space.f_favail):
        raise InputError(f"{place.absolute()}: the disk is full; make room there and run again.")
    for path in (place, *(folder.iterdir() if place == folder else ())):
        # Another run may have removed one of its own meanwhile.
        if not os.access(path, os.W_OK | os.X_OK) and path.is_dir():
            raise InputError(
                f"{path.absolute()}: no writing there; make it writable, or run in another folder."
            )


def claim(folder: Path) -> None:
    """Keep ``folder`` for this process until it ends, in whatever way.

    Raises InputError if another process has it. Snakemake's own locks do not do: each run that ends
    takes away all locks, those of runs beside it as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / ".lock").open("a")
    _claimed.append(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(
            f"{folder}: another run is at work there; run again when it has ended."
        ) from error
    except OSError:
        pass  # a file system without locks
