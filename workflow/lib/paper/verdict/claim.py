"""A claim, what speaks for it, and the table of verdicts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from paper.verdict import statistics

COLUMNS = ["id", "claim", "reading", "quantity", "ours", "spread", "n", "low", "high"]
COLUMNS += ["freedom", "limit", "family", "p", "verdict"]


@dataclass(frozen=True)
class Claim:
    """One claim under one reading: what it says, what we measured, and what speaks for it.

    ``ours`` is the mean (or what ``quantity`` names), ``spread`` the standard deviation over the
    ``n`` samples, ``limit`` what ``ours`` must stay below or reach. ``evidence`` is that of a test,
    one of the ``family``'s. A claim about all samples has none: it ``stands`` in those that were
    seen, or one contradicts it.
    """

    id: str
    claim: str
    reading: str
    quantity: str
    ours: float
    spread: float
    n: int
    limit: str
    family: str
    evidence: statistics.Evidence | None = None
    freedom: float = np.nan
    stands: bool | None = None


def table(claims: Iterable[Claim]) -> pd.DataFrame:
    """``claims.csv``, a row a claim and reading.

    ``low`` and ``high`` are the 95 % interval of ``ours``, ``freedom`` its degrees of freedom, and
    ``p`` is two-sided and adjusted for the number of tests in the ``family`` (Holm). ``verdict``:
    holds or contradicted where p is below 5 %, undecided otherwise.
    """
    claims = list(claims)
    rows = pd.DataFrame([vars(claim) for claim in claims])
    tests = rows.pop("evidence")
    stands = rows.pop("stands")
    for name in ("low", "high", "p"):
        rows[name] = [getattr(test, name) if test else np.nan for test in tests]
    for _, p in rows["p"].dropna().groupby(rows["family"]):
        rows.loc[p.index, "p"] = statistics.holm(p)
    rows["verdict"] = [
        statistics.verdict(test.favourable, p)
        if test
        else (statistics.HOLDS if stand else statistics.CONTRADICTED)
        for test, stand, p in zip(tests, stands, rows["p"], strict=True)
    ]
    return rows[COLUMNS]


def of_mean(
    family: str,
    number: str,
    text: str,
    reading: str,
    quantity: str,
    values: pd.Series,
    limit: str,
    test: Callable[[statistics.Estimate], statistics.Evidence],
) -> Claim:
    """What ``test`` says of the mean of independent samples, ``values``."""
    estimate = statistics.of_sample(values)
    return Claim(
        *(number, text, reading, quantity, estimate.mean, float(values.std()), len(values)),
        *(limit, family, test(estimate), estimate.freedom),
    )


def beats(
    family: str, number: str, text: str, reading: str, worse: pd.Series, better: pd.Series
) -> Claim:
    """Whether ``better`` has the smaller errors in the mean, photograph by photograph.

    Each photograph has Gaussian filters of its own, so the differences are independent samples of
    photographs and of filters.
    """
    differences, quantity = (worse - better).dropna(), "mean paired difference"
    about = (family, number, text, reading, quantity)
    return of_mean(*about, differences, "above 0", statistics.positive)


def centred(number: str, text: str, reading: str, values: pd.Series, tolerance: float) -> Claim:
    """Whether the mean of ``values`` is within ``tolerance`` of 1."""
    edges = {"low": 1 - tolerance, "high": 1 + tolerance}
    about = (number.partition(".")[0], number, text, reading, "mean")
    limit = f"within {tolerance} of 1"
    return of_mean(*about, values, limit, partial(statistics.within, **edges))


def never(
    number: str, text: str, reading: str, quantity: str, values: pd.Series, limit: float
) -> Claim:
    """Whether all ``values`` are below ``limit``: one that is not contradicts it."""
    largest, stands = float(values.max()), bool((values < limit).all())
    share = 100 * statistics.most_exceptions(len(values))
    known = f" (with 95 % confidence at most {share:.2g} % are not)" if stands else ""
    return Claim(
        number,
        text,
        reading,
        quantity,
        largest,
        float(values.std()),
        len(values),
        f"all under {limit:.3g}{known}",
        number.partition(".")[0],
        stands=stands,
    )
