"""The numbers of docs/solver, from the benchmark's files there.

sparse_coding.csv: one run, all solvers. runs.csv: ours and FISTA with restart, in several runs.
"""

import pandas as pd

from evidence import DOCS, markdown

CASES = [(problem, share) for problem in ("gaussian-64", "vgg-conv5_2") for share in (0.1, 0.01)]
NAMES = [f"{problem}, λ = {share} λ_max" for problem, share in CASES]


def each_solver():
    """Milliseconds a sample, and as a multiple of ours."""
    frame = pd.read_csv(DOCS / "solver" / "sparse_coding.csv")
    keys = ["problem", "lambda_fraction", "solver"]
    times = frame.set_index(keys)["seconds_per_sample"] * 1e3
    rows = []
    for solver in frame[frame.problem == "gaussian-64"].solver.unique():
        row = [solver]
        for case in CASES:
            time, ours = times.get((*case, solver)), times[(*case, "cnninvert")]
            if time is None:
                row.append("")
            elif solver == "cnninvert":
                row.append(digits(time))
            else:
                row.append(f"{digits(time)} ({digits(time / ours)})")
        rows.append(row)
    return markdown(rows, ["", *NAMES])


def ratios():
    """FISTA with restart as a multiple of ours: the least and the most of the runs."""
    frame = pd.read_csv(DOCS / "solver" / "runs.csv")
    keys = ["processor", "problem", "lambda_fraction", "run"]
    times = frame.set_index([*keys, "solver"])["seconds_per_sample"].unstack()
    found = (times["fista-restart"] / times["cnninvert"]).groupby(keys[:3])
    rows = []
    for processor in frame.processor.unique():
        row = [processor]
        for case in CASES:
            each = found.get_group((processor, *case))
            ends = dict.fromkeys(digits(end) for end in (each.min(), each.max()))
            row.append(f"{' to '.join(ends)} (runs: {len(each)})")
        rows.append(row)
    return markdown(rows, ["", *NAMES])


def digits(value):
    """Three of them, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}"
