"""What a job writes down of itself: when, how long, on which device and with which versions."""

import json
import logging
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from machinery.files import atomic_write

log = logging.getLogger("cnninvert")

COMMIT = "CNNINVERT_COMMIT"  # the environment variable that holds the project's git commit
# What requirements.txt names; a test compares them.
PACKAGES = (
    *(
        "torch",
        "torchvision",
        "numpy",
        "scipy",
        "pandas",
        "h5py",
        "matplotlib",
        "pytorch-msssim",
        "torchmetrics",
        "pillow",
    ),
    *("safetensors", "tqdm", "jsonschema", "jinja2", "tabulate", "snakemake"),
    *("snakemake-executor-plugin-slurm", "pygments"),
)
INSTRUCTIONS = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "bfloat16", "amx_bf16": "AMX"}
LIMITS = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS")
_noted: dict[str, str] = {}  # what this job has said of its device


@contextmanager
def recorded(snakemake: Any) -> Iterator[None]:
    """Write a record of the block, a job's work, beside the job's log if the block succeeds.

    The record (JSON) has the job's rule and wildcards, when its process started, the seconds until
    the block (``starting``: Python and the imports) and in it (``work``), threads, and the
    environment: commit, system, device and versions. It names no host, user or folder.
    """
    path = record_path(snakemake.log[0])
    path.unlink(missing_ok=True)
    _noted.clear()
    starting, begun = seconds_since_start(), time.monotonic()
    started = datetime.now(UTC) - timedelta(seconds=starting)
    yield
    record = {
        "rule": snakemake.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        "started": started.isoformat(timespec="milliseconds"),
        "starting": round(starting, 3),
        "work": round(time.monotonic() - begun, 3),
        "threads": snakemake.threads,
        "environment": _environment() | _noted,
    }
    try:
        with atomic_write(path) as part:
            part.write_text(json.dumps(record, indent=1) + "\n")
    except OSError as error:
        # The work is done and its checkpoints are gone: it must not be lost over this.
        log.warning("%s was not written: %s", path, error.strerror)


def note(**facts: Any) -> None:
    """Add ``facts`` on the device to this job's record."""
    _noted.update({name: str(fact) for name, fact in facts.items()})


def record_path(log: str | Path) -> Path:
    """The record that belongs to a job's log."""
    return Path(log).with_suffix(".json")


def describe_commit(root: Path) -> str:
    """The git commit of the folder ``root``, with -dirty where files differ from it.

    Empty where there is no git, or only a repository around ``root``, which is another project's.
    """
    command = ["git", "--no-optional-locks", "describe"]
    command += ["--always", "--dirty", "--abbrev=40", "--exclude", "*"]
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent)}
    try:
        found = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def seconds_since_start() -> float:
    """How long this process has been running."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except OSError:  # no Linux
        import psutil

        return time.time() - psutil.Process().create_time()


def _environment() -> dict[str, str]:
    """What the results of this process may depend on, besides its inputs."""
    found = {
        "commit": os.environ.get(COMMIT, ""),
        "system": f"{platform.system()} {platform.machine()}",
        "device": _processor(),
        "python": platform.python_version(),
    }
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _processor() -> str:
    """The processor's name and, where the system tells, those of its instructions that matter.

    Sums are in another order with other vectors, so that digits depend on them as time does.
    """
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        facts = {
            key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
        }
        flags = facts.get("flags", "").split()
        found = [word for flag, word in INSTRUCTIONS.items() if flag in flags]
        # What a user forbids is not used.
        found += [f"{name}={os.environ[name]}" for name in LIMITS if name in os.environ]
        if name := facts.get("model name"):
            return f"{name} ({', '.join(found)})" if found else name
    return platform.processor() or platform.machine()
