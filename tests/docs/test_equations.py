"""The page that leads from the paper to the code names what there is."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = re.findall(r"`([\w.]+)`", (ROOT / "docs" / "equations.md").read_text())


@pytest.mark.parametrize("name", sorted({name for name in NAMES if "." in name}))
def test_functions_exist_and_are_documented(name):
    module, _, attribute = name.rpartition(".")
    found = getattr(import_module(module), attribute)
    assert found.__doc__ and found.__module__ == module


def test_rules_exist():
    rules = "\n".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    made = set(re.findall(r"^rule (\w+):", rules, re.MULTILINE))
    named = {name for name in NAMES if "." not in name}
    assert named <= made
    # All that compute something; the others print or fetch.
    assert {name for name in made if name.startswith(("measure", "simulate", "recover"))} <= named
