"""The page that leads from the paper to the code names what there is, and who uses it."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from machinery.closure import closure

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "equations.md").read_text()
NAMES = re.findall(r"`([\w.]+)`", PAGE)
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]


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


def test_rules_use_the_functions_beside_them():
    """Each function in some rule of its row, and each rule, tables and figures apart, some."""
    scripts = {path.stem: path for path in (ROOT / "workflow" / "scripts").rglob("*.py")}
    checked = 0
    for what, functions, named in ROWS:
        rules = re.findall(r"`(\w+)`", named)
        names = [name for name in re.findall(r"`([\w.]+)`", functions) if "." in name]
        files = {name: Path(import_module(name.rpartition(".")[0]).__file__) for name in names}
        used = {rule: set(closure(scripts[rule])) for rule in rules}
        for name, file in files.items():
            assert not rules or any(file in each for each in used.values()), (what, name)
        for rule, each in used.items():
            printed = rule.startswith(("write", "plot"))
            assert printed or each & set(files.values()), (what, rule)
            checked += 1
    assert checked > 60
