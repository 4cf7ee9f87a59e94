"""Jobs beside each other take GPUs of their own, and leave them when they end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from machinery import gpu_turns

LIBRARY = Path(gpu_turns.__file__).parents[1]
HOLD = "from machinery import gpu_turns; print(gpu_turns.take(2), flush=True); input()"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(gpu_turns.tempfile, "tempdir", None)
    monkeypatch.setattr(gpu_turns, "_held", [])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def job():
    """A process that takes a GPU, says which, and keeps it until it is killed."""
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", HOLD], env=environment, text=True, **pipes)


def test_each_job_has_its_own_until_it_ends():
    jobs = []
    for expected in ("0", "1"):
        jobs.append(job())
        assert jobs[-1].stdout.readline().strip() == expected
    third = job()
    assert third.stdout.readline().strip() in ("0", "1")  # shared
    jobs[0].kill()
    jobs[0].wait()
    assert gpu_turns.take(2) == 0
    for process in (third, jobs[1]):
        process.kill()
        process.wait()


def test_the_number_is_among_those_that_are_visible(monkeypatch):
    """Two runs with other CUDA_VISIBLE_DEVICES do not stand in each other's way."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    assert gpu_turns.take(2) == 0
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0, 1")
    assert [gpu_turns.take(2), gpu_turns.take(2)] == [0, 1]


def test_names_of_parts_of_a_gpu_are_no_folders(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-GPU-0a/1/0")
    assert gpu_turns.take(1) == 0 and gpu_turns._held


def test_without_room_for_a_lock_jobs_share(monkeypatch, tmp_path):
    monkeypatch.setattr(gpu_turns.tempfile, "tempdir", str(tmp_path / "missing"))
    assert gpu_turns.take(2) == 0 and not gpu_turns._held
