"""Progress of long work: how far, how fast, how long still."""

import logging

import pytest

from machinery import progress


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.5, ["x: 20/30 (2/s, 5 s left)", "x: 30 in 15 s"]),
        (20, ["x: 1/2 (20 s each, 20 s left)", "x: 2 in 40 s"]),
        (600, ["x: 1/2 (10 min each, 10 min left)", "x: 2 in 20 min"]),
    ],
)
def test_lines_say_how_far_it_is(seconds, expected, monkeypatch, caplog):
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    caplog.set_level(logging.INFO, logger="cnninvert")
    for _ in progress.progress(range(30 if seconds < 1 else 2), "x"):
        now += seconds
    assert caplog.messages == expected


def test_a_counter_ends_and_begins_again(monkeypatch, caplog):
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    caplog.set_level(logging.INFO, logger="cnninvert")
    call = progress.counter(3, "x")
    for _ in range(5):
        now += 10
        call("whatever")
    first = ["x: 1/3 (0.1/s, 20 s left)", "x: 2/3 (0.1/s, 10 s left)", "x: 3 in 30 s"]
    assert caplog.messages == [*first, *first[:2]]
