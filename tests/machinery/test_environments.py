"""conda's environments, the image's recipe and the lock file agree with one another."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = sorted((ROOT / "workflow" / "envs").glob("*.yaml"))
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))


def requirements(lines):
    """Requirements by name, from lines with comments."""
    found = [Requirement(text) for line in lines if (text := line.split("#")[0].strip())]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def read(path):
    return requirements(path.read_text().splitlines())


LOCK = {name: str(each.specifier) for name, each in read(ROOT / "constraints.txt").items()}


def pins(environment):
    """What an environment takes from PyPI."""
    inner = [each for each in environment["dependencies"] if isinstance(each, dict)]
    return requirements(inner[0]["pip"])


def test_the_lock_pins_exact_versions():
    assert all(re.fullmatch(r"==[\w.]+", specifier) for specifier in LOCK.values())


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_the_lock_holds_what_is_required_directly(path):
    for name, requirement in read(path).items():
        assert requirement.specifier.contains(LOCK[name].removeprefix("==")), requirement


def test_the_lock_holds_all_that_the_requirements_pull_in():
    """As the installed packages state it; those that are missing here are passed over."""
    waiting = [each for path in REQUIREMENTS for each in read(path).values()]
    seen, unlocked = set(), set()
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key in seen:
            continue
        seen.add(key)
        try:
            stated = distribution(requirement.name).requires or []
        except PackageNotFoundError:
            continue
        if key[0] not in LOCK:
            unlocked.add(key[0])
        for each in map(Requirement, stated):
            extras = requirement.extras or {""}
            if each.marker is None or any(each.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(each)
    assert unlocked == set()
    assert len(seen) > 20


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_environments_pin_what_the_lock_pins(path):
    found = pins(yaml.safe_load(path.read_text()))
    assert {name: str(each.specifier) for name, each in found.items()} == {
        name: LOCK[name] for name in found
    }
    assert read(ROOT / "requirements.txt").keys() <= found.keys()


def test_the_environments_differ_in_the_gpu():
    cpu, cuda = (
        yaml.safe_load((ROOT / "workflow" / "envs" / f"{name}.yaml").read_text())
        for name in ("cpu", "cuda")
    )
    more = pins(cuda).keys() - pins(cpu).keys()
    assert more and pins(cpu).keys() < pins(cuda).keys()
    stated = {Requirement(each).name for each in distribution("torch").requires}
    assert more <= {canonicalize_name(name) for name in stated}
    assert cpu["variables"] == {"CUDA_VISIBLE_DEVICES": "-1"} and "variables" not in cuda


def test_the_image_installs_from_the_lock():
    recipe = (ROOT / "workflow" / "envs" / "Containerfile").read_text()
    commands = recipe.replace("\\\n", " ")
    for name, option in (("requirements.txt", "requirement"), ("constraints.txt", "constraint")):
        assert re.search(rf"^COPY .*\b{name}\b", commands, re.MULTILINE)
        assert re.search(rf"^RUN .*pip install .*--{option} \S*{name}", commands, re.MULTILINE)
        assert f"!{name}" in (ROOT / ".dockerignore").read_text().splitlines()
    assert re.search(r"^USER [1-9]", recipe, re.MULTILINE), "it would run as root"


def test_everything_runs_the_same_python():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    least = re.fullmatch(r">=(3\.\d+)", project["requires-python"])[1]
    for path in ENVIRONMENTS:
        assert f"python={least}" in yaml.safe_load(path.read_text())["dependencies"]
    recipe = (ROOT / "workflow" / "envs" / "Containerfile").read_text()
    assert re.findall(r"^FROM (.*)$", recipe, re.MULTILINE) == [f"python:{least}-slim"]
    install = (ROOT / "install.sh").read_text()
    assert f"${{PYTHON:-python{least} " in install
    assert f"sys.version_info < ({least.replace('.', ', ')})" in install
