"""A fencing token for each job: only the process that began the job last may write its files.

A Snakemake that is killed can leave its jobs running, on a cluster for hours, and the next run
starts the same jobs again. Each job therefore keeps a token in a file; one that no longer finds its
own there has been superseded: it writes nothing more, and ends. So does an orphan, a job that sees
that its Snakemake is gone.
"""

import logging
import os
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

log = logging.getLogger("cnninvert")

SNAKEMAKE = "CNNINVERT_SNAKEMAKE"  # the environment variable that says which one
# Which job of Slurm it submitted, as cluster/number: a Snakemake that runs here in somebody's own
# allocation must not cancel that.
SLURM_JOB = "CNNINVERT_SLURM_JOB"
WATCH_EVERY = 0.5  # seconds
GONE_WITHIN = 120  # seconds that Slurm may take to end a job; it asks first, and kills 30 s later
_held: list[tuple[Path, str]] = []  # the token of this process, if it is a job
_parents: list[int] = []  # its Snakemake and its shell


@contextmanager
def signed(path: Path) -> Iterator[None]:
    """Keep a token in ``path`` during the block; whose token was there before may write no more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    check()
    _cancel(_read(path))
    # A job of Slurm says which, for the one that supersedes it.
    token = f"{os.environ.get(SLURM_JOB, '')} {uuid.uuid4()}"
    path.write_text(token)
    _held.append((path, token))
    try:
        yield
    finally:
        _held.remove((path, token))
        if _read(path) == token:
            path.unlink(missing_ok=True)


def check() -> None:
    """End this process at once if it is an orphan, or if another one has started its job again."""
    if _orphaned():
        os._exit(1)
    for path, token in _held:
        if _read(path) != token:
            _stand_down(path)


def this_process() -> str:
    """What a Snakemake tells its jobs of itself, in the environment variable SNAKEMAKE."""
    return f"{os.getpid()} {_namespace()}"


def this_slurm_job() -> str:
    """What a Snakemake in a job of Slurm's tells its jobs of that, in SLURM_JOB."""
    return "/".join(os.environ.get(name, "") for name in ("SLURM_CLUSTER_NAME", "SLURM_JOB_ID"))


def end_with_snakemake() -> None:
    """From now on, end this process when the Snakemake that started it is gone, or its shell."""
    pid, _, namespace = os.environ.get(SNAKEMAKE, "").partition(" ")
    if pid and namespace == _namespace():  # in a container of its own it may not be seen at all
        _parents.extend([int(pid), os.getppid()])
        check()
        threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while not _orphaned():
        time.sleep(WATCH_EVERY)
    os._exit(1)


def _orphaned() -> bool:
    return bool(_parents) and (os.getppid() != _parents[1] or not _alive(_parents[0]))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A process that was killed may stay in the table for as long as its own parent likes.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except (OSError, IndexError):  # another user's, or no Linux
        return True


def _namespace() -> str:
    """Processes of the same namespace see each other by the same ids."""
    with suppress(OSError):
        return str(Path("/proc/self/ns/pid").readlink())
    return ""


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
    here, _, own = os.environ.get(SLURM_JOB, "").rpartition("/")
    if job and own and cluster == here and job != own:
        _slurm("scancel", job)
        last = time.monotonic() + GONE_WITHIN
        while _slurm("squeue", "--noheader", f"--jobs={job}") and time.monotonic() < last:
            time.sleep(WATCH_EVERY)


def _stand_down(path: Path) -> NoReturn:
    log.error(
        "%s: another run has started this job again, or the file was removed; this one ends.", path
    )
    logging.shutdown()
    own = os.environ.get(SLURM_JOB, "").rpartition("/")[2]
    if own:
        _slurm("scancel", own)
    os._exit(1)


def _slurm(*command: str) -> str:
    """What the command prints; nothing where it is missing or refuses.

    The token then still keeps the files from harm, and `keep-incomplete` of profiles/slurm from
    being deleted.
    """
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    return ""
