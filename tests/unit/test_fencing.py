"""A job that another process has begun anew writes nothing more, and no job outlives Snakemake."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnninvert.fencing import SNAKEMAKE, signed

LIBRARY = Path(__file__).parents[2] / "workflow" / "lib"

# A job that is ready to write, and writes when it is told to.
JOB = """
import sys
from pathlib import Path
from cnninvert import fencing
from cnninvert.files import whole

fencing.end_with_snakemake()
with fencing.signed(Path("token")):
    before, after = {points}
    print("ready", flush=True)
    before and sys.stdin.readline()
    with whole("out.csv") as part:
        part.write_text("written by the job")
        after and (print("half", flush=True), sys.stdin.readline())
"""


@pytest.fixture
def start(tmp_path):
    """Start a job, with other environment variables if wanted, and wait until it is ready."""
    jobs = []

    def start(points=(True, False), **environment):
        job = subprocess.Popen(
            [sys.executable, "-c", JOB.format(points=points)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(LIBRARY)} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        jobs.append(job)
        assert job.stdout.readline() == "ready\n"
        return job

    yield start
    for job in jobs:
        job.kill()
        job.communicate()


def test_a_job_writes_and_takes_its_token_away(start, tmp_path):
    start().communicate("go\n")
    assert (tmp_path / "out.csv").read_text() == "written by the job"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_superseded_job_does_not_begin_to_write(start, tmp_path):
    job = start()
    with signed(tmp_path / "token"):
        # What the new job is writing stays: an orphan must not take it for its own leftover.
        part = tmp_path / ".out.csv.x.part.csv"
        part.write_text("half")
        job.communicate("go\n")
        assert job.returncode == 1
        assert part.exists() and not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "token").exists()


@pytest.mark.parametrize("finished", [False, True], ids=["running", "finished"])
def test_a_superseded_job_does_not_end_to_write(start, tmp_path, finished):
    job = start(points=(False, True))
    assert job.stdout.readline() == "half\n"
    with signed(tmp_path / "token"):
        (tmp_path / "out.csv").write_text("written by the next job")
        if not finished:
            job.communicate("go\n")
    if finished:
        job.communicate("go\n")
    assert job.returncode == 1
    assert (tmp_path / "out.csv").read_text() == "written by the next job"


def test_a_job_ends_with_its_snakemake(start):
    with subprocess.Popen(["sleep", "100"]) as snakemake:
        job = start(**{SNAKEMAKE: str(snakemake.pid)})
        time.sleep(1)
        assert job.poll() is None
        snakemake.kill()
    assert job.wait(timeout=10) == 1


def test_a_snakemake_that_cannot_be_seen_does_not_end_its_jobs(start):
    with subprocess.Popen(["true"]) as gone:
        pass
    job = start(**{SNAKEMAKE: str(gone.pid)})
    time.sleep(1)
    job.communicate("go\n")
    assert job.returncode == 0


@pytest.fixture
def scancel(tmp_path, monkeypatch):
    """A scancel that notes what it was asked for, and a squeue that has the job once more."""
    programs = {
        "scancel": f'echo "$@" >> {tmp_path}/cancelled; touch {tmp_path}/ending',
        "squeue": f"rm {tmp_path}/ending 2>/dev/null && echo CG",
    }
    for name, command in programs.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{command}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return lambda: (tmp_path / "cancelled").read_text() if (tmp_path / "cancelled").exists() else ""


@pytest.mark.parametrize(
    ("cluster", "job", "cancelled"),
    [("a", "7", True), ("a", "8", False), ("b", "7", False), ("a", "", False)],
    ids=["another job", "this job", "another cluster", "no job of Slurm"],
)
def test_the_job_of_slurm_that_is_superseded_is_cancelled(
    tmp_path, monkeypatch, scancel, cluster, job, cancelled
):
    token = tmp_path / "token"
    token.write_text(f"{cluster}/{job} 1234")
    monkeypatch.setenv("SLURM_CLUSTER_NAME", "a")
    monkeypatch.setenv("SLURM_JOB_ID", "8")
    with signed(token):
        assert token.read_text().startswith("a/8 ")
        assert not (tmp_path / "ending").exists()  # it was waited for
    assert scancel() == ("7\n" if cancelled else "")
