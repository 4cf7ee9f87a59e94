"""Which GPU of this machine a job takes, where several jobs run beside each other."""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import TextIO

_held: list[TextIO] = []  # for as long as the process lives, however it ends


def take(count: int) -> int:
    """The first of ``count`` visible GPUs that no other job here has taken; it is then ours.

    Any of them if all are taken: more jobs than GPUs share them.
    """
    names = map(str.strip, os.environ.get("CUDA_VISIBLE_DEVICES", "").split(","))
    visible = [name.replace("/", "-") for name in names if name]
    for number in range(count):
        name = visible[number] if number < len(visible) else number
        try:
            file = _lock_file(f"cnninvert-{os.getuid()}-gpu-{name}").open("w")
        except OSError:  # a full or read-only disk, another user's file: then jobs may share it
            return number
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            continue
        _held.append(file)
        return number
    return os.getpid() % count


def _lock_file(name: str) -> Path:
    return Path(tempfile.gettempdir()) / name
