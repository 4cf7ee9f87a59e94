"""The expected time of a run: sums, speeds, and what is not known."""

import pandas as pd
import pytest

from machinery import speed
from machinery.expected import TABLE, Expected, expect


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "job_seconds.csv"
    pd.DataFrame(
        [("default", "train", 4, 100.0, 200.0, 50.0), ("default", "plot", 9, 2.0, 3.0, 50.0)],
        columns=["preset", "rule", "jobs", "seconds", "longest", "gmacs"],
    ).to_csv(path, index=False)
    return path


def test_jobs_are_shared_among_the_cores_and_slower_machines_take_longer(table):
    jobs = ["train"] * 4 + ["plot"] * 10
    assert expect("default", jobs, 2, 50, table) == Expected(210, 200, "train", 0)
    assert expect("default", jobs, 1, 25, table) == Expected(840, 400, "train", 0)


def test_a_run_is_no_shorter_than_its_longest_job(table):
    assert expect("default", ["train"], 8, 50, table) == Expected(200, 200, "train", 0)


def test_what_was_not_timed_is_not_guessed(table):
    assert expect("paper", ["train"], 2, 50, table) is None
    assert expect("default", ["unheard_of"], 2, 50, table) is None
    run = expect("default", ["unheard_of", "plot"], 1, 50, table)
    assert (run.seconds, run.untimed) == (3, 1)


def test_the_table_of_the_project_has_both_presets_that_newcomers_run():
    timed = pd.read_csv(TABLE)
    assert {"default", "quick"} <= set(timed["preset"])
    assert (timed[["jobs", "seconds", "longest", "gmacs"]] > 0).all(axis=None)
    assert not timed.duplicated(["preset", "rule"]).any()


def test_this_machine_has_a_speed():
    assert speed.measure(2) > 0.1


def test_a_speed_that_cannot_be_measured_is_none(monkeypatch):
    monkeypatch.setattr(speed.sys, "executable", "/bin/true")
    assert speed.measure(1) is None
