"""The inputs that rules name as their code are what the scripts really import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cnninvert.imports import PLUMBING, closure

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "workflow" / "lib"
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))

# One process for all scripts, since torch is slow to import; our modules are imported anew.
PROBE = """
import json, runpy, sys
found = {}
for script in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] == "cnninvert"]:
        del sys.modules[name]
    runpy.run_path(script)
    found[script] = [name.split(".")[1] for name in sys.modules if name.startswith("cnninvert.")]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, list[str]]:
    """The library modules that each script really imports."""
    command = [sys.executable, "-c", PROBE, *map(str, SCRIPTS)]
    environment = {"PYTHONPATH": str(LIBRARY)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_closure_holds_what_is_imported(script, imported):
    found = {path.stem for path in closure(script)} - {"__init__", script.stem}
    assert found == set(imported[str(script)]) - PLUMBING


def test_plumbing_is_left_out_and_the_script_itself_is_in(tmp_path):
    script = tmp_path / "x.py"
    script.write_text("def f():\n    from cnninvert import job, iht\n")
    names = {path.stem for path in closure(script)}
    assert names == {"x", "__init__", "iht", "least_squares", "one_step", "convolution", "norms"}
