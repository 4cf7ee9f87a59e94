"""Copies of the project to test in, one with a complete run of the tiny preset.

Data sets and weights come from the project's own results/data: they are fetched there once, by the
pipeline's own rules, and later test runs find them.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from copies import copy_project, copy_workflow
from dry_runs import dry_run

ROOT = Path(__file__).parents[2]
SLURM_LOG = "/run/cnninvert-slurm/slurmctld.log"


class Project:
    """A folder with the workflow in it, and ways to run Snakemake there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def snakemake(self, *arguments: str, preset: str | None = "tests/tiny.yaml"):
        """Run snakemake; returns the finished process, its output as text in ``stdout``."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        if preset:
            command += ["--configfile", preset]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *arguments: str, **options) -> str:
        """Run snakemake and expect success; returns its output."""
        process = self.snakemake(*arguments, **options)
        assert process.returncode == 0, process.stdout[-6000:]
        return process.stdout

    def plan(self, *arguments: str, preset: str = "tests/tiny.yaml"):
        """A dry run, which starts faster than one by :meth:`snakemake`."""
        return dry_run(self.folder, *arguments, "--configfile", preset)

    def planned(self, *arguments: str) -> dict[str, int]:
        """How many jobs of each rule a dry run plans, without the rules that only gather files."""
        process = self.plan(*arguments)
        output = process.stdout
        assert process.returncode == 0, output[-6000:]
        table = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\ntotal ", output, re.DOTALL)
        if table is None:
            assert "Nothing to be done" in output, output
            return {}
        rows = (line.split() for line in table[1].splitlines())
        return {name: int(count) for name, count in rows if not is_target(name)}

    def file(self, name: str) -> Path:
        return self.folder / name

    def copy(self, folder: Path) -> "Project":
        """The workflow in ``folder``, to be edited and planned with; the results are this one's."""
        copy_workflow(self.folder, folder)
        for name in ("results", ".snakemake"):
            (folder / name).symlink_to(self.folder / name)
        return Project(folder)


def is_target(name: str) -> bool:
    pattern = (
        r"all|table\d|table1_inversion|table1_networks|table1_width|figure\d|figure3_layers|switches|alexnet|fidelity|iht_codes|iht_activations"
        r"|gallery|picture|decoders|decoder_curves|sparsity|coherence|model_rip|one_step|inversion|figure_inversion|horizon|witnesses|switch_bits|layer_by_layer"
    )
    return re.fullmatch(pattern, name) is not None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The project's data folder, filled by the pipeline's own rules."""
    wanted = [
        "results/data/cifar10.h5",
        "results/data/photographs",
        "results/data/weights/vgg16-torchvision.safetensors",
        "results/data/weights/alexnet-torchvision.safetensors",
    ]
    # Of processes beside each other, one fetches and the others wait.
    with (ROOT / "results" / ".tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((ROOT / name).exists() for name in wanted):
            output = Project(ROOT).snakemake(*wanted, preset=None)
            assert output.returncode == 0, (
                "the data could not be fetched; the tests need the network once:\n"
                + output.stdout[-4000:]
            )
    return ROOT / "results" / "data"


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory, shared_data) -> Project:
    """The workflow and its data, nothing computed."""
    folder = tmp_path_factory.mktemp("project")
    copy_project(ROOT, folder, shared_data)
    return Project(folder)


@pytest.fixture(scope="session")
def project(tmp_path_factory, shared_data) -> Project:
    """The same with a complete run of the tiny preset.

    Of processes beside each other, one makes it, the others wait, and each has a copy.
    """
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    made, part = common / "tiny", common / "tiny.part"
    with (common / "tiny.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            copy_project(ROOT, part, shared_data)
            Project(part).run()
            part.rename(made)
    folder = tmp_path_factory.mktemp("complete") / "project"
    shutil.copytree(made, folder, symlinks=True)
    return Project(folder)


@pytest.fixture
def slurm(without_slurm):
    """The Slurm of the tests; skips, with the reason, where it does not run.

    A test that fails prints what Slurm was doing.
    """
    if without_slurm:
        pytest.skip(without_slurm)
    yield
    for command in (["squeue"], ["sinfo", "--list-reasons"], ["tail", "-n", "40", SLURM_LOG]):
        with suppress(subprocess.TimeoutExpired):
            print(subprocess.run(command, capture_output=True, text=True, timeout=60).stdout)
