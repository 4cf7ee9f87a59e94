"""Each benchmark starts as its documentation has it: from the project's folder, without a path."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = [path for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()]


def test_the_commands_are_found():
    assert "inversion" in {path.stem for path in COMMANDS}


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_a_benchmark_says_what_it_does(path):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(path.relative_to(ROOT)), "--help"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "usage" in run.stdout
