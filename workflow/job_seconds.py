"""Keep what the jobs of finished runs took, from which a run's expected time is reckoned.

    .venv/bin/python workflow/job_seconds.py results/default --gmacs 85

Run it on the machine of those runs. ``--gmacs`` is the speed that they said they had found at their
start; without it, it is measured now, and nothing must be beside. Rows of a machine of the other
kind, with or without fast bfloat16, stay.
"""

import argparse
import os
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent / "lib"))

# isort: split
from machinery import expected, speed
from machinery.files import write_csv
from machinery.timings import benchmarks


def job_seconds(folders: list[Path], gmacs: float | None, table: Path) -> None:
    if not (here := speed.measure(os.cpu_count())):
        sys.exit("job_seconds.py: this machine's speed cannot be measured; try again.")
    kept = pd.read_csv(table) if table.exists() else pd.DataFrame(columns=["preset", "bfloat16"])
    for folder in folders:
        jobs = benchmarks(folder).groupby("rule")["seconds"]
        rows = pd.DataFrame(
            {"jobs": jobs.size(), "seconds": jobs.mean().round(1), "longest": jobs.max().round(1)}
        )
        rows = rows.reset_index()
        rows = rows.assign(gmacs=gmacs or round(here.gmacs, 1), bfloat16=here.bfloat16)
        rows.insert(0, "preset", folder.name)
        others = kept[(kept["preset"] != folder.name) | (kept["bfloat16"] != here.bfloat16)]
        kept = pd.concat([others, rows], ignore_index=True) if len(others) else rows
    write_csv(table, kept)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="results of presets")
    parser.add_argument("--gmacs", type=float, help="GMAC/s of each core, as the runs said")
    options = parser.parse_args()
    job_seconds(options.folders, options.gmacs, expected.TABLE)
