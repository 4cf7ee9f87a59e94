"""The expected time of a run: sums, speeds, and what is not known."""

import pandas as pd
import pytest

from machinery import speed
from machinery.expected import TABLE, Expected, expect, expect_rest
from machinery.speed import Speed

COLUMNS = ["preset", "rule", "jobs", "seconds", "longest", "gmacs", "bfloat16"]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "job_seconds.csv"
    rows = [
        ("default", "train", 4, 100.0, 200.0, 50.0, True),
        ("default", "plot", 9, 2.0, 3.0, 50.0, True),
        ("default", "train", 4, 400.0, 800.0, 25.0, False),
        ("quick", "train", 4, 10.0, 20.0, 50.0, True),
    ]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(path, index=False)
    return path


def test_jobs_are_shared_among_the_cores_and_slower_machines_take_longer(table):
    jobs = ["train"] * 4 + ["plot"] * 10
    assert expect("default", jobs, 2, Speed(50, True), table) == Expected(210, 200, "train", 0)
    assert expect("default", jobs, 1, Speed(25, True), table) == Expected(840, 400, "train", 0)


def test_a_run_is_no_shorter_than_its_longest_job(table):
    found = expect("default", ["train"], 8, Speed(50, True), table)
    assert found == Expected(200, 200, "train", 0)


def test_machines_without_fast_bfloat16_are_compared_with_their_like(table):
    """With it trainings take a quarter of the time, at the same speed in float32."""
    slow = Speed(25, False)
    assert expect("default", ["train"] * 4, 1, slow, table) == Expected(1600, 800, "train", 0)
    # Where none was timed, the other kind is better than nothing.
    assert expect("quick", ["train"] * 4, 1, slow, table) == Expected(80, 40, "train", 0)


def test_what_is_left_is_reckoned_from_what_has_ended(table):
    jobs = ["train"] * 4 + ["plot"] * 10 + ["unheard_of"]
    ended = [("train", 150.0), ("plot", 3.0), ("unheard_of", 9.0)]  # one and a half times as long
    ended = pd.DataFrame(ended, columns=["rule", "seconds"])
    rest = expect_rest("default", jobs, ended, 1, Speed(50, True), table)
    assert rest.seconds == pytest.approx(3 * 150 + 9 * 3)
    assert rest.untimed == 0

    nothing = ended.iloc[:0]
    assert expect_rest("default", jobs, nothing, 2, Speed(50, True), table) is None
    assert expect_rest("default", ["train"], ended, 2, Speed(50, True), table) is None
    assert expect_rest("paper", jobs, ended, 2, Speed(50, True), table) is None


def test_what_was_not_timed_is_not_guessed(table):
    here = Speed(50, True)
    assert expect("paper", ["train"], 2, here, table) is None
    assert expect("default", ["unheard_of"], 2, here, table) is None
    run = expect("default", ["unheard_of", "plot"], 1, here, table)
    assert (run.seconds, run.untimed) == (3, 1)


def test_the_table_of_the_project_has_both_presets_that_newcomers_run():
    timed = pd.read_csv(TABLE)
    assert list(timed) == COLUMNS
    assert {"default", "quick"} <= set(timed["preset"])
    assert (timed[["jobs", "seconds", "longest", "gmacs"]] > 0).all(axis=None)
    assert not timed.duplicated(["preset", "rule", "bfloat16"]).any()


def test_this_machine_has_a_speed():
    assert speed.measure(2).gmacs > 0.1


def test_a_speed_that_cannot_be_measured_is_none(monkeypatch):
    monkeypatch.setattr(speed.sys, "executable", "/bin/true")
    assert speed.measure(1) is None
