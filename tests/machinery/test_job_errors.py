"""What a job says when it fails: one sentence, and a traceback only for a defect of ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PATHS = os.pathsep.join([str(TESTS), str(TESTS.parent / "workflow" / "lib")])
JOB = """
import errno, os
import pandas as pd
from fake_job import fake_job
from machinery import job
from machinery.errors import InputError

def work(empty, full):
    {work}

job.run(
    fake_job(
        "logs/rule.log",
        wildcards=dict(kind="a"),
        input=dict(code=["__init__.py", "x.py"], empty="empty.csv", full="full.csv"),
        output=dict(table="out.csv"),
    ),
    work,
)
"""


def run(work, folder):
    (folder / "empty.csv").touch()
    (folder / "full.csv").write_text("a,b\n1,2\n")
    (folder / "__init__.py").touch()
    (folder / "x.py").write_text("1 / 0\n")
    return subprocess.run(
        [sys.executable, "-c", JOB.format(work=work)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": PATHS},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (
            "raise InputError('x.png: it is\\n broken; replace it.')",
            "x.png: it is broken; replace it.",
        ),
        (
            "raise OSError(errno.ENOSPC, 'full', 'a/b.h5')",
            "a/b.h5: No space left on device; make room there and run again.",
        ),
        (
            "raise OSError(errno.EROFS, 'a page of text')",
            "out.csv: Read-only file system; make it writable and run again.",
        ),
        ("open('no/such')", "no/such: No such file or directory; put this right and run again."),
        ("raise MemoryError", "not enough memory; lower the batch or the number of images"),
        (
            "raise RuntimeError('CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling it')",
            "the GPU has not enough memory; lower the batch, the number of images or cache_gb",
        ),
        (
            "pd.read_csv(empty)",
            "empty.csv: the file is empty; delete it and run again.",
        ),
    ],
)
def test_bad_input_is_one_sentence(work, sentence, tmp_path):
    process = run(work, tmp_path)
    assert process.returncode == 1
    assert process.stderr.count("\n") == 1 and f"rule[a]: {sentence}" in process.stderr
    assert (tmp_path / "logs" / "rule.log").read_text() == process.stderr


def test_a_defect_leaves_its_traceback(tmp_path):
    process = run("os.remove('empty.csv'); 1 / 0", tmp_path)
    assert process.returncode == 1
    assert "this is a defect of the pipeline" in process.stderr
    assert "ZeroDivisionError" in (tmp_path / "logs" / "rule.log").read_text()


def test_an_empty_module_is_no_reason_for_a_defect(tmp_path):
    """The ``__init__`` of a package may be empty; a file of data may not."""
    process = run("os.remove('empty.csv'); pd.read_csv(full)['no such column']", tmp_path)
    assert process.returncode == 1
    assert "the file is empty" not in process.stderr
    assert "this is a defect of the pipeline" in process.stderr and "KeyError" in process.stderr


def test_a_log_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "logs").touch()
    process = run("pass", tmp_path)
    assert process.returncode == 1 and process.stderr.count("\n") == 1
    assert "logs: File exists; put this right and run again." in process.stderr
