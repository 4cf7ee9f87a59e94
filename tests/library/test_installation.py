"""The library, installed by pip into an empty environment, runs README's example."""

import re
import subprocess
import sys
import tomllib
import venv
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LARGEST_WHEEL = 2**20  # bytes


def run(*command, **options) -> str:
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    assert not done.returncode, done.stdout[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """An environment with the library and torchvision, and nothing else.

    What the library requires are links to this environment's packages: to install PyTorch once more
    takes minutes. So pip may not touch them, but says whether anything is missing.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    (packages,) = folder.glob("lib/python*/site-packages")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["torchvision"]]
    for name in required(wanted):
        link(metadata.distribution(name), packages)
    run(python, "-m", "pip", "install", "-q", "--no-deps", ROOT)
    run(python, "-m", "pip", "check")
    return python


def required(requirements: list[str]) -> set[str]:
    """The packages that these requirements name, and all that those require in turn."""
    found, left = set(), list(requirements)
    while left:
        requirement = Requirement(left.pop())
        name = canonicalize_name(requirement.name)
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and name not in found:
            found.add(name)
            left += metadata.requires(name) or []
    return found


def link(package: metadata.Distribution, folder: Path) -> None:
    """Link the files and folders of an installed ``package`` into another environment's."""
    for name in {file.parts[0] for file in package.files} - {"..", "__pycache__"}:
        if not (folder / name).exists():
            (folder / name).symlink_to(package.locate_file(name))


def test_readme_example_runs_as_it_stands(python, tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    printed = run(python, "-c", example, cwd=tmp_path)
    inverted, one_step, iht = map(float, re.findall(r"\d+\.\d+", printed))
    assert inverted < 0.05
    assert 0 < iht < one_step


def test_the_library_comes_alone(python):
    listed = run(python, "-m", "pip", "list", "--format=freeze").lower()
    assert "cnninvert==" in listed and "torch==" in listed
    assert not {"snakemake", "pandas", "h5py", "matplotlib"} & set(
        re.findall(r"^([\w-]+)==", listed, re.M)
    )


def test_importing_the_package_is_quick(python):
    """Without torch, whose own import takes longer than all of ours."""
    probe = "import sys, cnninvert; print('torch' in sys.modules, len(dir(cnninvert)) > 20)"
    assert run(python, "-c", probe).split() == ["False", "True"]


def test_the_wheel_is_small(tmp_path):
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < LARGEST_WHEEL
