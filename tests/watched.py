"""A run of Snakemake that is watched from outside: which jobs work, and what it says of them."""

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass
class Job:
    """A process of a job that has begun its work; its name is its log's, without the folder."""

    name: str
    process: psutil.Process
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None

    def worked(self) -> float:
        """Seconds, so far or in all."""
        return (self.ended or time.monotonic()) - self.began


class WatchedRun:
    """``snakemake`` with ``arguments`` in ``folder``, as a process; its output goes to ``path``.

    ``logs``: the folder in which jobs have their logs, from ``folder``.
    """

    def __init__(self, arguments: list[str], folder: Path, logs: Path, path: Path) -> None:
        # Often, so that jobs of a few seconds have checkpoints.
        environment = os.environ | {"CNNINVERT_CHECKPOINT_EVERY": "1"}
        self.path, self.logs = path, (folder / logs).resolve()
        self.jobs: dict[int, Job] = {}  # by process id, those that have ended too
        with path.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *arguments],
                cwd=folder,
                env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def running(self) -> list[Job]:
        """The jobs at work; those that have ended since the last call are marked so."""
        for child in self.descendants():
            if child.pid not in self.jobs and (name := self._job_of(child)):
                self.jobs[child.pid] = Job(name, child)
        for job in self.jobs.values():
            if job.ended is None and not alive(job.process):
                job.ended = time.monotonic()
        return [job for job in self.jobs.values() if job.ended is None]

    def descendants(self) -> list[psutil.Process]:
        """The jobs that Snakemake has started, and their shells."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def says(self) -> str:
        """All that it has printed so far."""
        return self.path.read_text(errors="replace")

    def locked(self) -> bool:
        """Whether it did not begin because another one has left its lock."""
        return "Directory cannot be locked" in self.says()

    def begun(self) -> set[str]:
        """The jobs that Snakemake says it began."""
        return set(self._by_number("(?:local)?rule").values())

    def failed(self) -> set[str]:
        """The jobs that Snakemake says failed."""
        return set(self._by_number("Error in rule").values())

    def finished(self) -> set[str]:
        """The jobs that Snakemake has recorded as done."""
        began = self._by_number("(?:local)?rule")
        numbers = re.findall(r"^Finished jobid: (\d+)", self.says(), re.MULTILINE)
        return {began[number] for number in numbers if number in began}

    def _by_number(self, heading: str) -> dict[str, str]:
        """Names of jobs by their numbers, from those blocks of the output."""
        found = {}
        for block in re.findall(rf"^{heading} \w+:\n((?:    .*\n)+)", self.says(), re.MULTILINE):
            number = re.search(r"^    jobid: (\d+)", block, re.MULTILINE)
            log = re.search(r"^    log: results/\w+/logs/(\S+)\.log", block, re.MULTILINE)
            if number and log:
                found[number[1]] = log[1]
        return found

    def _job_of(self, process: psutil.Process) -> str | None:
        with suppress(psutil.Error, OSError):
            for file in process.open_files():
                path = Path(file.path)
                if path.suffix == ".log" and path.is_relative_to(self.logs):
                    return str(path.relative_to(self.logs).with_suffix(""))
        return None


def alive(process: psutil.Process) -> bool:
    """Whether it is still there, and not only its entry in the table."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
