"""How long a run will take here, from the seconds that each rule's jobs took elsewhere.

workflow/data/job_seconds.csv has a row for each preset and rule that was timed: jobs, their mean
and longest seconds of one thread, and the speed of that machine (``machinery.speed``). A preset can
be there twice, as machines with fast bfloat16 and those without it have it; workflow/job_seconds.py
writes it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from machinery.speed import Speed

TABLE = Path(__file__).parents[2] / "data" / "job_seconds.csv"


@dataclass(frozen=True)
class Expected:
    """``seconds`` of the run; ``longest`` seconds of one job, which is of the rule ``rule``;
    ``untimed``: jobs of rules that nobody has timed, which are not in it."""

    seconds: float
    longest: float
    rule: str
    untimed: int


def expect(
    preset: str, rules: Sequence[str], cores: int, speed: Speed, table: Path = TABLE
) -> Expected | None:
    """What jobs of ``rules``, a name a job, will take on ``cores`` of such a ``speed``.

    It is proportional to the speed of a machine of the same kind, as to bfloat16, if one was timed,
    and no shorter than the longest job. None for a preset that was not timed, and without any job
    that was.
    """
    timed = _timed(preset, speed, table)
    known = [rule for rule in rules if rule in timed.index]
    if not known:
        return None
    jobs = timed.loc[known]
    return Expected(
        float(max(jobs["seconds"].sum() / cores, jobs["longest"].max())),
        float(jobs["longest"].max()),
        str(jobs["longest"].idxmax()),
        len(rules) - len(known),
    )


def expect_rest(
    preset: str,
    rules: Sequence[str],
    ended: pd.DataFrame,
    cores: int,
    speed: Speed,
    table: Path = TABLE,
) -> Expected | None:
    """What is left of a run of ``rules`` when jobs have ``ended`` (rows of rule and seconds).

    What they took says more about this machine than the ``speed`` of one convolution, which is
    corrected by it. Jobs under way count in full. None where nothing that was timed is left, or has
    ended.
    """
    timed = _timed(preset, speed, table)
    known = ended[ended["rule"].isin(timed.index)]
    if not known["seconds"].sum():
        return None
    ratio = timed.loc[known["rule"], "seconds"].sum() / known["seconds"].sum()
    left = Counter(rules) - Counter(ended["rule"])
    here = Speed(speed.gmacs * ratio, speed.bfloat16)
    return expect(preset, list(left.elements()), cores, here, table)


def _timed(preset: str, speed: Speed, table: Path) -> pd.DataFrame:
    """``seconds`` and ``longest`` of the preset's rules, at such a speed."""
    timed = pd.read_csv(table)
    timed = timed[timed["preset"] == preset]
    alike = timed["bfloat16"] == speed.bfloat16
    timed = timed[alike if alike.any() else ~alike].set_index("rule")
    return timed[["seconds", "longest"]].mul(timed["gmacs"] / speed.gmacs, axis=0)


def in_words(seconds: float) -> str:
    """
    >>> in_words(50), in_words(1900), in_words(9000)
    ('1 minute', '32 minutes', '2 1/2 hours')
    """
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    halves = round(minutes / 30)
    return f"{halves // 2}{' 1/2' if halves % 2 else ''} hours"
