"""The library, installed by pip into an empty environment, runs README's example."""

import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

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
def python(tmp_path_factory) -> Iterator[Path]:
    """An environment with the library and torchvision, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    constraints = ("-c", ROOT / "constraints.txt")
    run(python, "-m", "pip", "install", "-q", *constraints, f"{ROOT}[torchvision]")
    yield python
    shutil.rmtree(folder)  # several GB


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
