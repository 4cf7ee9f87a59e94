"""What importing the package costs, and that its public names are there."""

import subprocess
import sys
from pathlib import Path

import pytest

import cnninvert

SOURCE = Path(__file__).parents[2] / "src"


def imported(code: str) -> set[str]:
    """The modules that a fresh Python has after ``code``."""
    code = f"import sys; {code}; print(*sys.modules)"
    environment = {"PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_importing_the_package_does_not_import_torch():
    found = imported("import cnninvert; dir(cnninvert)")
    assert "cnninvert" in found
    assert not {"torch", "numpy", "safetensors"} & found


def test_a_name_brings_its_own_module_and_no_decoders():
    found = imported("from cnninvert import iht")
    assert {"torch", "cnninvert.solvers.iht"} <= found
    assert not [name for name in found if name.startswith("cnninvert.decoders")]


@pytest.mark.parametrize(
    "module", ["layers", "weight_file"], ids=lambda name: f"cnninvert.networks.{name}"
)
def test_what_the_workflow_asks_when_it_is_parsed_is_free_of_torch(module):
    assert "torch" not in imported(f"import cnninvert.networks.{module}")


@pytest.mark.parametrize("name", cnninvert.__all__)
def test_public_names_are_there_and_documented(name):
    assert getattr(cnninvert, name).__doc__
    assert name in dir(cnninvert)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        cnninvert.nothing  # noqa: B018
