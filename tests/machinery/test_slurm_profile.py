"""The Slurm profile speaks of rules that there are, and asks for more with each attempt."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROFILE = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
RULES = {
    name: body
    for path in (ROOT / "workflow" / "rules").glob("*.smk")
    for name, body in re.findall(
        r"^(?:rule|use rule \w+ as) (\w+)(?: with)?:\n((?:(?:    .*)?\n)+)",
        path.read_text(),
        re.MULTILINE,
    )
}


def test_the_rules_are_found():
    assert len(RULES) > 50 and "train_decoder" in RULES


@pytest.mark.parametrize("key", ["set-resources", "set-threads", "groups"])
def test_the_profile_names_rules_that_there_are(key):
    names = [entry.partition("=")[0] for entry in PROFILE[key]]
    assert len(set(names)) == len(names) and set(names) <= set(RULES)


@pytest.mark.parametrize("rule", PROFILE["set-resources"])
def test_a_job_that_is_submitted_again_asks_for_more(rule):
    defaults = dict(entry.split("=", 1) for entry in PROFILE["default-resources"])
    for name in ("mem_mb", "runtime"):
        asked, default = (
            int(re.fullmatch(r"(\d+) \* attempt", text)[1])
            for text in (PROFILE["set-resources"][rule][name], defaults[name])
        )
        assert asked >= default


def several_threads() -> set[str]:
    functions = ("several_threads", "all_threads")
    return {
        name for name, body in RULES.items() for each in functions if f"threads: {each}" in body
    }


def test_the_profile_gives_threads_to_the_rules_that_take_several():
    several = several_threads()
    assert {entry.partition("=")[0] for entry in PROFILE["set-threads"]} <= several


def test_rules_that_may_take_long_ask_for_time_of_their_own():
    """All that computes; what writes a table or draws a figure has the default."""
    several = several_threads()
    assert several <= set(PROFILE["set-resources"])


def test_tables_and_figures_are_not_submitted_one_by_one():
    grouped = {entry.partition("=")[0] for entry in PROFILE["groups"]}
    short = {name for name in RULES if re.match(r"(write|plot)_", name)}
    assert short - set(PROFILE["set-resources"]) <= grouped
