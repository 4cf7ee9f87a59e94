"""Every configuration that Table 1's search tried, where it stopped, and which was chosen."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_tables
from paper.printing.tables import write_table

CONFIGURATION = ["filters", "layers", "size", "channels"]


def write_table1_configurations(
    searches: list[Path], classifiers: list[Path], tables: list[Path]
) -> None:
    table = configurations(read_tables(searches), read_tables(classifiers))
    write_table(table, tables, digits=1)


def configurations(searches: pd.DataFrame, tested: pd.DataFrame) -> pd.DataFrame:
    """A row a configuration. The chosen ones are those that were ``tested``."""
    chosen = tested[CONFIGURATION].drop_duplicates().assign(chosen="yes")
    searches = searches.merge(chosen, how="left", on=CONFIGURATION).fillna({"chosen": ""})
    # Random filters first.
    searches = searches.sort_values(CONFIGURATION, ascending=[False, True, True, True])
    return pd.DataFrame(
        {
            "filters": searches["filters"],
            "layers": searches["layers"],
            "filter size": searches["size"],
            "channels": searches["channels"],
            "validation accuracy (%)": 100 * searches["validation_accuracy"],
            "spread": 100 * searches["spread"],
            "epochs": searches["epochs"],
            "stopped": [stopped(row) for row in searches.itertuples()],
            "chosen": searches["chosen"],
            "trained parameters": searches["parameters"],
            "multiply-adds of an image": searches["multiply_adds"],
        }
    )


def stopped(row) -> str:
    """Where a configuration was stopped early; nothing if it was trained to the end."""
    if not row.stopped_early:
        return "" if row.folds else "not searched: given"
    return f"after epoch {row.epochs}" if row.epochs else "left out: too many multiply-adds"


if "snakemake" in globals():
    job.run(snakemake, write_table1_configurations)
