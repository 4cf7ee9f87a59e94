"""Each benchmark starts as its documentation has it: from the project's folder, without a path."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# As if the project's packages were not installed, which would hide what a benchmark does not find.
START = """
import runpy, sys
from pathlib import Path
_, script, *installed = sys.argv
sys.path = [str(Path(script).parent), *(path for path in sys.path[1:] if path not in installed)]
sys.argv = [script, "--help"]
runpy.run_path(script, run_name="__main__")
"""
COMMANDS = [path for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()]


def test_the_commands_are_found():
    assert "inversion" in {path.stem for path in COMMANDS}


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_a_benchmark_says_what_it_does(path):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    installed = [str(ROOT / "src"), str(ROOT / "workflow" / "lib")]
    command = [sys.executable, "-c", START, str(path.relative_to(ROOT)), *installed]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "usage" in run.stdout
