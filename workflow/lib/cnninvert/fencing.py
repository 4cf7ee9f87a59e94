"""A fencing token for each job: only the process that began the job last may write its files.

A Snakemake that is killed can leave its jobs running, on a cluster for hours, and the next run
starts the same jobs again. Each job therefore keeps a token in a file; one that no longer finds its
own there has been superseded: it writes nothing more, and ends.
"""

import os
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

SNAKEMAKE = "CNNINVERT_SNAKEMAKE"  # the environment variable that holds its process id
WATCH_EVERY = 0.5  # seconds
GONE_WITHIN = 120  # seconds that Slurm may take to end a job; it asks first, and kills 30 s later
_held: list[tuple[Path, str]] = []  # the token of this process, if it is a job


@contextmanager
def signed(path: Path) -> Iterator[None]:
    """Keep a token in ``path`` during the block; whose token was there before may write no more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _cancel(_read(path))
    # A job of Slurm says which, for the one that supersedes it.
    name = f"{os.environ.get('SLURM_CLUSTER_NAME', '')}/{os.environ.get('SLURM_JOB_ID', '')}"
    token = f"{name} {uuid.uuid4()}"
    path.write_text(token)
    _held.append((path, token))
    try:
        yield
    finally:
        _held.remove((path, token))
        if _read(path) == token:
            path.unlink(missing_ok=True)


def check() -> None:
    """End this process at once if its job has been begun anew by another one."""
    if any(_read(path) != token for path, token in _held):
        _stand_down()


def end_with_snakemake() -> None:
    """From now on, end this process when the Snakemake that started it is gone."""
    parent = int(os.environ.get(SNAKEMAKE, 0))
    if parent and _alive(parent):  # in a container of its own it may not be seen at all
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while _alive(parent):
        time.sleep(WATCH_EVERY)
    os._exit(1)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _read(path: Path) -> str:
    with suppress(FileNotFoundError):
        return path.read_text()
    return ""


def _cancel(token: str) -> None:
    """End the Slurm job that left ``token``, if it is another one of this cluster, and see it gone.

    Until then nothing may be written: the Snakemake in that job takes its end for a failure, and
    deletes what has the names of its outputs.
    """
    cluster, _, job = token.partition(" ")[0].rpartition("/")
    here = os.environ.get("SLURM_CLUSTER_NAME", ""), os.environ.get("SLURM_JOB_ID", "")
    if job and here[1] and cluster == here[0] and job != here[1]:
        _slurm("scancel", job)
        last = time.monotonic() + GONE_WITHIN
        while _slurm("squeue", "--noheader", f"--jobs={job}") and time.monotonic() < last:
            time.sleep(WATCH_EVERY)


def _stand_down() -> NoReturn:
    if os.environ.get("SLURM_JOB_ID"):
        _slurm("scancel", os.environ["SLURM_JOB_ID"])
    os._exit(1)


def _slurm(*command: str) -> str:
    """What the command prints; nothing where it is missing or refuses.

    The token then still keeps the files from harm, and `keep-incomplete` of profiles/slurm from
    being deleted.
    """
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    return ""
