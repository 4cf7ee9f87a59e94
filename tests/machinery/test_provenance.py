"""What a job says of itself is true, and names no folder, host or user."""

import getpass
import json
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from machinery import provenance

ROOT = Path(__file__).parents[2]


@pytest.fixture
def job(tmp_path):
    """What Snakemake hands to a script, as far as a record needs it."""
    return SimpleNamespace(
        rule="plot_figure2", wildcards={"layer": "pool1"}, threads=2, log=[tmp_path / "pool1.log"]
    )


def test_a_record_of_work_that_succeeded(job, monkeypatch):
    monkeypatch.setenv(provenance.COMMIT, "abc-dirty")
    path = provenance.record_path(job.log[0])
    before = datetime.now(UTC)
    with provenance.recorded(job):
        assert not path.exists()
        provenance.note(device="a GPU", cudnn=92400)
    record = json.loads(path.read_text())
    assert (record["rule"], record["wildcards"]) == ("plot_figure2", {"layer": "pool1"})
    assert record["threads"] == 2 and record["starting"] > 0 and record["work"] >= 0
    assert datetime.fromisoformat(record["started"]) < before
    environment = record["environment"]
    assert environment["commit"] == "abc-dirty" and environment["device"] == "a GPU"
    assert environment["cudnn"] == "92400" and environment["python"] == platform.python_version()
    assert environment["torch"].startswith("2.")
    for private in (str(job.log[0].parent), platform.node(), getpass.getuser()):
        assert f'"{private}' not in path.read_text()


def test_work_that_fails_leaves_no_record_not_even_an_older_one(job):
    with provenance.recorded(job):
        provenance.note(device="a GPU")
    with pytest.raises(RuntimeError), provenance.recorded(job):
        raise RuntimeError
    assert not provenance.record_path(job.log[0]).exists()
    with provenance.recorded(job):
        pass
    record = json.loads(provenance.record_path(job.log[0]).read_text())
    assert record["environment"]["device"] != "a GPU"


def test_versions_are_those_of_the_requirements():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    stated = [line.split("#")[0].strip() for line in lines]
    assert {Requirement(line).name for line in stated if line} == set(provenance.PACKAGES)


def test_the_commit_is_the_folders_own(tmp_path):
    assert provenance.describe_commit(tmp_path) == ""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a", "-C", str(tmp_path)]
    (tmp_path / "file").write_text("1")
    (tmp_path / "inner").mkdir()
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", "v1"]):
        subprocess.run([*git, *command], check=True)
    found = provenance.describe_commit(tmp_path)
    assert len(found) == 40 and set(found) <= set("0123456789abcdef")
    (tmp_path / "file").write_text("2")
    assert provenance.describe_commit(tmp_path) == f"{found}-dirty"
    assert provenance.describe_commit(tmp_path / "inner") == ""
