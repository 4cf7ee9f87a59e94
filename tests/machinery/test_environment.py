"""The environment of jobs: where our packages are, and who started them."""

import os

import pytest

from machinery import environment, fencing, provenance
from machinery.closure import PACKAGES
from machinery.environment import prepare_jobs

VARIABLES = (fencing.SNAKEMAKE, fencing.SLURM_JOB, provenance.COMMIT)


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in (*VARIABLES, "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(provenance, "describe_commit", lambda root: f"commit of {root}")


def test_jobs_find_our_packages_and_the_user_s(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    prepare_jobs(submitted=False)
    prepare_jobs(submitted=False)
    assert os.environ["PYTHONPATH"].split(os.pathsep) == [
        *map(str, PACKAGES.values()),
        "/somewhere",
    ]


def test_a_commit_that_is_known_stays(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "")
    prepare_jobs(submitted=False)
    assert os.environ[provenance.COMMIT] == f"commit of {environment.ROOT}"
    monkeypatch.setenv(provenance.COMMIT, "abc")
    prepare_jobs(submitted=True)
    assert os.environ[provenance.COMMIT] == "abc"
