"""How often each loop makes the host wait for a GPU, counted on the pretend one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COUNT = ROOT / "tests" / "pretend_cuda" / "count_waits.py"
# A step of normalised IHT looks for samples whose support has changed, and halves some of theirs.
MOST = {
    "decoder": 0,
    "classifier, learned filters": 0,
    "classifier, random filters": 0,
    "iht, unit": 1,
    "iht, normalised": 4,
    "sparse coding": 1,
}


@pytest.fixture(scope="module")
def counts(pretend, tmp_path_factory):
    code = os.pathsep.join(str(ROOT / name) for name in ("src", "workflow/lib", "tests"))
    paths = {"PYTHONPATH": os.pathsep.join([code, pretend["PYTHONPATH"]])}
    done = subprocess.run(
        [sys.executable, COUNT, tmp_path_factory.mktemp("waits")],
        env={**os.environ, **pretend, **paths},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("loop", MOST)
def test_a_step_waits_at_most_so_often(loop, counts):
    assert counts[loop]["a step"] <= MOST[loop], counts[loop]["lines"]
