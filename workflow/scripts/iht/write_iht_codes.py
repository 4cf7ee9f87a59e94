"""Random codes recovered by IHT: errors and success rates by expansion, density and step."""

from pathlib import Path

import pandas as pd

from machinery import job
from paper.printing.tables import write_table


def write_iht_codes(ends: Path, tables: list[Path]) -> None:
    # Sorted by expansion and density; the variants stay in their order.
    rows = pd.read_csv(ends).sort_values(["expansion", "density"], kind="stable")
    groups = rows.groupby(["expansion", "density", "variant"], sort=False)
    table = pd.DataFrame(
        {
            "codes": groups.size(),
            "signal error, median": groups["signal_error"].median(),
            "code error, median": groups["code_error"].median(),
            "code error, std": groups["code_error"].std(),
            "code error < 0.01 (%)": groups["code_error"].agg(lambda e: percent(e < 1e-2)),
            "code error < 0.001 (%)": groups["code_error"].agg(lambda e: percent(e < 1e-3)),
            "diverged (%)": groups["diverged"].agg(percent),
            "steps, median": groups["steps"].agg(lambda steps: round(steps.median())),
        }
    ).reset_index()
    for column in ("expansion", "density"):
        table[column] = [f"{value:g}" for value in table[column]]
    names = {"expansion": "K / M", "variant": "step"}
    write_table(table.rename(columns=names), tables, digits=3)


def percent(events: pd.Series) -> int:
    """The share of true values in whole percent."""
    return round(100 * events.mean())


if "snakemake" in globals():
    job.run(snakemake, write_iht_codes)
