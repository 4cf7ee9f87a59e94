"""What every job does around its work."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from cnninvert import job

LIBRARY = Path(__file__).parents[2] / "workflow" / "lib"
INTERRUPTED = """
import time
from pathlib import Path
from types import SimpleNamespace
from cnninvert import job
from cnninvert.files import whole

def work(_):
    with whole("out.csv"):
        print("ready", flush=True)
        time.sleep(100)

job.run(SimpleNamespace(rule="rule", wildcards=["a"], log=["logs/a.log"]), work)
"""


def test_an_interrupted_job_ends_with_a_word_and_leaves_nothing(tmp_path):
    """As Ctrl-C does it."""
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(LIBRARY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read().endswith("rule[a]: interrupted.\n")
    assert process.returncode == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["logs", "a.log"]


def test_what_a_job_depends_on(tmp_path):
    """Its wildcards, params and device, and the content of its inputs; not where it keeps state."""

    class Job:
        def __init__(self, state="here", lam=0.1, content="weights", gpu=0, kind="output"):
            (tmp_path / "weights").write_text(content)
            self.input = [str(tmp_path / "weights")]
            self.params = {"state": state, "settings": {"lambda": lam}}
            self.wildcards, self.resources = {"kind": kind}, {"gpu": gpu}

    known = job.identity(Job())
    assert job.identity(Job(state="there")) == known
    changes = [{"lam": 0.2}, {"content": "others"}, {"gpu": 1}, {"kind": "linear"}]
    assert all(job.identity(Job(**change)) != known for change in changes)
