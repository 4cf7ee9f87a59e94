"""A job that another process has restarted writes nothing more, and no job outlives Snakemake."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from machinery.environment import prepare_jobs
from machinery.fencing import SLURM_JOB, SNAKEMAKE, signed, this_process

LIBRARY = Path(__file__).parents[2] / "workflow" / "lib"

# A job that is ready to write, and writes when it is told to.
JOB = """
import os
import sys
from pathlib import Path
from machinery import fencing
from machinery.files import atomic_write

fencing.WATCH_EVERY = float(os.environ.get("WATCH_EVERY", fencing.WATCH_EVERY))
fencing.end_with_snakemake()
with fencing.signed(Path("token")):
    before, after = {points}
    print("ready", flush=True)
    before and sys.stdin.readline()
    with atomic_write("out.csv") as part:
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


def known_as(pid):
    """What the jobs of the Snakemake with this process id are told of it."""
    return {SNAKEMAKE: this_process().replace(str(os.getpid()), str(pid), 1)}


@pytest.mark.parametrize("reaped", [True, False])
def test_a_job_ends_with_its_snakemake(start, reaped):
    with subprocess.Popen(["sleep", "100"]) as snakemake:
        job = start(**known_as(snakemake.pid))
        time.sleep(1)
        assert job.poll() is None
        snakemake.kill()
        if reaped:
            snakemake.wait()
        assert job.wait(timeout=10) == 1


def test_an_orphan_does_not_write_before_it_has_noticed(start, tmp_path):
    """Its watcher may come too late, or have to wait for a library."""
    with subprocess.Popen(["sleep", "100"]) as snakemake:
        job = start(**known_as(snakemake.pid), WATCH_EVERY="100")
        snakemake.kill()
    job.communicate("go\n")
    assert job.returncode == 1
    assert not (tmp_path / "out.csv").exists()


def test_a_job_whose_snakemake_has_gone_before_it_begins_leaves_the_token(tmp_path):
    """It may have been stopped for long, and another job works under that token by now."""
    with subprocess.Popen(["true"]) as gone:
        pass
    (tmp_path / "token").write_text("another job's")
    environment = os.environ | {"PYTHONPATH": str(LIBRARY)} | known_as(gone.pid)
    command = [sys.executable, "-c", JOB.format(points=(False, False))]
    assert subprocess.run(command, cwd=tmp_path, env=environment).returncode == 1
    assert (tmp_path / "token").read_text() == "another job's"
    assert not (tmp_path / "out.csv").exists()


def test_a_job_ends_with_its_shell(tmp_path):
    """For Snakemake the job has failed then, and it deletes the outputs."""
    job = f"{sys.executable} -c '{JOB.format(points=(True, False))}' & wait"
    environment = os.environ | {"PYTHONPATH": str(LIBRARY), SNAKEMAKE: this_process()}
    shell = subprocess.Popen(
        ["bash", "-c", f"exec 3<&0; {job.replace('& wait', '<&3 & wait')}"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout.readline() == "ready\n"
    shell.kill()
    shell.wait()
    shell.stdin.write("go\n")
    shell.stdin.flush()
    assert shell.stdout.read() == ""  # until the job has ended
    assert not (tmp_path / "out.csv").exists()
    shell.stdin.close()
    shell.stdout.close()


def test_a_snakemake_that_cannot_be_seen_does_not_end_its_jobs(start):
    """One outside of the job's container has another namespace of process ids."""
    job = start(**{SNAKEMAKE: "1 elsewhere"})
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
    monkeypatch.setenv(SLURM_JOB, "a/8")
    with signed(token):
        assert token.read_text().startswith("a/8 ")
        assert not (tmp_path / "ending").exists()  # it was waited for
    assert scancel() == ("7\n" if cancelled else "")


def test_an_allocation_that_snakemake_did_not_ask_for_is_nobodys_to_cancel(
    tmp_path, monkeypatch, scancel
):
    """As in an interactive session, where Snakemake runs jobs by itself."""
    monkeypatch.setenv("SLURM_CLUSTER_NAME", "a")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.delenv(SNAKEMAKE, raising=False)
    monkeypatch.delenv(SLURM_JOB, raising=False)
    prepare_jobs(submitted=False)
    token = tmp_path / "token"
    with signed(token):
        left = token.read_text()
    assert left.startswith(" ")
    prepare_jobs(submitted=True)
    with signed(token):
        assert token.read_text().startswith("a/7 ")
    token.write_text(left)
    with signed(token):
        pass
    assert scancel() == ""
