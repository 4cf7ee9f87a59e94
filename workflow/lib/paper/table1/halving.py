"""Successive halving: hopeless candidates stop early (Jamieson and Talwalkar, AISTATS 2016)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Candidate = TypeVar("Candidate")


@dataclass(frozen=True)
class Outcome(Generic[Candidate]):
    """How far a candidate came: ``score`` after ``budget``; the last ones have the whole budget."""

    candidate: Candidate
    budget: int
    score: float


def rungs(budget: int, factor: int) -> list[int]:
    """Budgets at which candidates are compared, ``factor`` apart, the last one ``budget``.

    A factor of 1 compares them at the end alone.
    """
    steps = [budget]
    while factor > 1 and steps[0] >= factor:
        steps.insert(0, steps[0] // factor)
    return steps


def successive_halving(
    candidates: Sequence[Candidate],
    budget: int,
    factor: int,
    score: Callable[[Candidate, int], float],
    drop: Callable[[Candidate], None] = lambda candidate: None,
) -> list[Outcome[Candidate]]:
    """At each rung keep the best 1 / ``factor`` of the candidates, and ``drop`` the others.

    ``score(candidate, budget)`` trains on from where the candidate was. Of equals the earlier one
    in ``candidates`` stays. Returns an outcome for each, in the order of ``candidates``.
    """
    alive, outcomes = list(candidates), {}
    *early, last = rungs(budget, factor)
    for rung in early:
        for candidate in alive:
            outcomes[candidate] = Outcome(candidate, rung, score(candidate, rung))
        ranked = sorted(alive, key=lambda candidate: -outcomes[candidate].score)
        kept = set(ranked[: math.ceil(len(alive) / factor)])
        for candidate in alive:
            if candidate not in kept:
                drop(candidate)
        alive = [candidate for candidate in alive if candidate in kept]
    for candidate in alive:
        outcomes[candidate] = Outcome(candidate, last, score(candidate, last))
    return [outcomes[candidate] for candidate in candidates]
