"""The targets for any network: the manual's own, and networks that cannot be."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from cnninvert.networks.models import build_from_file

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "networks" / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", MANUAL, re.DOTALL)


@pytest.fixture
def my_network(empty_project):
    """The manual's network, with parameters, in the project's folder."""
    path = empty_project.file("my_network.py")
    path.write_text(blocks("python")[0])
    torch.manual_seed(0)
    torch.save(build_from_file(path, "build").state_dict(), empty_project.file("my_weights.pt"))


def test_the_manuals_network_gets_its_table_and_its_figure(empty_project, my_network):
    (command,) = blocks("bash")
    section = re.search(r"--config '(.*)'", command)[1]
    targets = re.search(r"snakemake (.*) --cores", command)[1].split()
    # Under another name, since the theorem's tables, which it makes as well, have no network's.
    settings = ("--config", "preset=mine", section)
    empty_project.run(*targets, *settings)
    folder = empty_project.file("results/mine/networks/my_network")
    table = pd.read_csv(folder / "tables" / "one_step.csv")
    assert table["layer"].tolist() == [2, 6]
    assert table["pooled"].tolist() == [True, False]
    assert (table["noise"] - 2**0.5).abs().max() < 0.1
    assert "of my_network" in (folder / "tables" / "one_step.md").read_text()
    assert (folder / "figures" / "one_step.pdf").exists()
    sparsity = pd.read_csv(folder / "tables" / "sparsity.csv")
    assert sparsity["operation"].tolist() == ["ReLU", "ReLU", "MaxPool2d", "ReLU"]
    audit = pd.read_csv(folder / "tables" / "audit.csv")
    assert set(audit["layer"]) == {0, 2, 6} and set(audit["filters"]) == {"learned", "gaussian"}
    assert set(audit["verdict"]) == {"holds", "fails"}
    assert empty_project.planned(*targets, *settings) == {}


def test_the_manuals_example_runs(my_network, empty_project):
    example = blocks("python")[1]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n{example}"],
        cwd=empty_project.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    *_, error, rank = done.stdout.splitlines()
    assert 0 < float(error) < 2
    found, pixels = map(int, re.findall(r"\d+", rank))
    assert 0 < found < pixels == 3 * 64**2


def test_fifty_thousand_photographs_are_planned_in_parts(empty_project):
    planned = empty_project.planned(
        *("sparsity", "--set-scatter", "photographs=100"),
        *("--config", "preset=fresh", "network={images: 50000}"),
    )
    assert planned == {
        **{"prepare_network": 1, "list_photographs": 1, "count_nonzeros": 100},
        **{"merge_nonzeros": 1, "write_network_sparsity": 1, "plot_network": 1},
    }


REFUSED = [
    ("network={name: vgg61}", "network.name = vgg61 must be one of vgg16"),
    ("network={file: /no/such.py, random: 0}", "there is no such file"),
    ("network={random: 1, weights: README.md}", "network.weights and network.random are both"),
    ("network={file: README.md}", "says nothing of parameters"),
]


@pytest.mark.parametrize(("setting", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_a_network_that_cannot_be_is_refused_before_any_job(empty_project, setting, words):
    process = empty_project.plan("one_step", "--config", setting)
    assert process.returncode != 0
    assert words in process.stdout
