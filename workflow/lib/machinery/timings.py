"""Where the time went, from Snakemake's benchmark files."""

from pathlib import Path

import pandas as pd


def benchmarks(results: str | Path, since: float = 0) -> pd.DataFrame:
    """A row a job that ended after ``since`` (seconds since 1970): rule, wall seconds, and the most
    memory (MiB)."""
    rows = []
    folder = Path(results) / "benchmarks"
    for path in sorted(folder.rglob("*.tsv")):
        if path.stat().st_mtime < since:
            continue
        rule = path.relative_to(folder).parts[0].removesuffix(".tsv")
        try:
            run = pd.read_csv(path, sep="\t", na_values="-").iloc[0]
            rows.append({"rule": rule, "seconds": run["s"], "MiB": run["max_rss"]})
        except (ValueError, LookupError):
            continue  # a full disk left it cut off
    return pd.DataFrame(rows, columns=["rule", "seconds", "MiB"])


def time_table(results: str | Path, since: float = 0) -> str:
    """A table of the rules whose jobs ended after ``since``: jobs, wall seconds in all, the longest
    job, and the most memory (MiB)."""
    jobs = benchmarks(results, since)
    if jobs.empty:
        return "No job was timed."
    table = jobs.groupby("rule")
    summary = pd.DataFrame(
        {
            "jobs": table.size(),
            "seconds": table["seconds"].sum().round(1),
            "longest": table["seconds"].max().round(1),
            "MiB": table["MiB"].max().round(0),
        }
    ).sort_values("seconds", ascending=False)
    return f"Wall time of this run's jobs, in seconds:\n{summary.to_string()}"
