"""What every job does around its work."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fake_job import fake_job
from machinery import job
from machinery.files import sha256

TESTS = Path(__file__).parents[1]
PATHS = os.pathsep.join([str(TESTS), str(TESTS.parent / "workflow" / "lib")])
# Where tests run in the background, the shell has them ignore interrupts.
INTERRUPTED = """
import signal
import time
from fake_job import fake_job
from machinery import job
from machinery.files import atomic_write

def work():
    with atomic_write("out.csv"):
        print("ready", flush=True)
        time.sleep(100)

signal.signal(signal.SIGINT, signal.default_int_handler)
job.run(fake_job("logs/a.log", wildcards={"kind": "a"}), work)
"""
# The first argument says whether the work fails.
WITH_CHECKPOINTS = """
import sys
import numpy as np
from fake_job import fake_job
from machinery import job

def work(seed, checkpoints, table):
    for number, found in checkpoints.parts([1, 2], lambda n: {"n": np.array([n])}, "parts"):
        print("part", number, found["n"][0], checkpoints.folder)
    if sys.argv[1] == "fail":
        raise MemoryError
    table.write_text("done")

job.run(fake_job(params={"seed": 3}, output={"table": "t.csv"}), work)
"""


def python(code, folder, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": PATHS},
        capture_output=True,
        text=True,
    )


def test_an_interrupted_job_ends_with_a_word_and_leaves_nothing(tmp_path):
    """As Ctrl-C does it."""
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": PATHS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read().endswith("rule[a]: interrupted.\n")
    assert process.returncode == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["logs", "a.log"]


def test_work_gets_what_it_names():
    given = fake_job(
        input={"weights": "w.h5", "errors": ["a.csv", "b.csv"], "none": [], "code": ["x.py"]},
        output={"table": "out/t.csv"},
        wildcards={"layer": "pool1"},
        params={"seed": 3, "settings": {"lambda": 0.1}},
        resources={"gpu": 1, "mem_mb": 1000},
    )

    def work(weights, errors, none, table, layer, seed, settings, gpu): ...

    assert job._arguments(work, given) == {
        "weights": Path("w.h5"),
        "errors": [Path("a.csv"), Path("b.csv")],
        "none": [],
        "table": Path("out/t.csv"),
        "layer": "pool1",
        "seed": 3,
        "settings": {"lambda": 0.1},
        "gpu": 1,
    }


def test_a_file_goes_before_a_value_of_its_name():
    given = fake_job(input={"weights": "w.h5"}, wildcards={"weights": "torchvision"})
    assert job._arguments(lambda weights: None, given) == {"weights": Path("w.h5")}


def test_a_name_that_the_rule_lacks_is_a_defect():
    with pytest.raises(TypeError, match="the rule rule has no sede, checkpoint"):
        job._arguments(lambda seed, sede, checkpoint: None, fake_job(params={"seed": 3}))


def test_what_checkpoints_depend_on(tmp_path):
    """A job's wildcards, params and device, and the content of its inputs; no names of files."""

    def checkpoints(lam=0.1, content="weights", code="code", gpu=0, kind="output", name="w"):
        (tmp_path / name).write_text(content)
        (tmp_path / "x.py").write_text(code)
        return job._checkpoints(
            fake_job(
                f"{tmp_path}/logs/recover/pool1.log",
                input={"weights": str(tmp_path / name), "code": [str(tmp_path / "x.py")]},
                params={"settings": {"lambda": lam}},
                resources={"gpu": gpu},
                wildcards={"kind": kind},
            )
        )

    known = checkpoints()
    assert known.folder == tmp_path / "state" / "recover" / "pool1"
    assert sha256(tmp_path / "x.py") in known.identity["input"]
    assert checkpoints() == checkpoints(name="other") == known
    changes = [{"lam": 0.2}, {"content": "others"}, {"gpu": 1}, {"kind": "linear"}]
    for change in changes:
        found = checkpoints(**change)
        assert found.identity != known.identity and found.code == known.code, change
    found = checkpoints(code="other code")
    assert found.identity != known.identity and found.code != known.code


def test_checkpoints_are_removed_when_the_work_is_done(tmp_path):
    failed = python(WITH_CHECKPOINTS, tmp_path, "fail")
    assert failed.returncode == 1
    state = tmp_path / "results" / "x" / "state" / "rule"
    assert sorted(path.name for path in state.iterdir()) == ["000000.npz", "000001.npz"]
    done = python(WITH_CHECKPOINTS, tmp_path, "go on")
    assert done.returncode == 0 and "going on after 2 of 2 parts" in done.stderr
    assert (
        done.stdout
        == failed.stdout
        == "".join(f"part {number} {number} results/x/state/rule\n" for number in (1, 2))
    )
    assert not state.exists() and (tmp_path / "t.csv").read_text() == "done"
