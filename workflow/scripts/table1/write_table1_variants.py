"""Readings and extensions of Table 1: what each changes in accuracy, and what it costs."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_tables
from paper.printing.tables import write_table
from paper.verdict import fidelity

# The variants in words, in the order of the tables.
TITLES = {
    "main": "main",
    "after": "batch norm after ReLU",
    "fixed": "only the classifier",
    "ridge": "ridge regression",
    "crelu": "CReLU",
    "patches": "whitened patches",
    "learned": "learned filters",
    "mixed": "first layer random",
}


def write_table1_variants(
    classifiers: list[Path], variants: list[Path], tables: list[Path], costs: list[Path]
) -> None:
    runs = together(read_tables(classifiers), [pd.read_csv(path) for path in variants])
    write_table(accuracies(runs), tables, digits=1)
    write_table(training_costs(runs), costs, digits=1)


def together(tested: pd.DataFrame, varied: list[pd.DataFrame]) -> pd.DataFrame:
    """All runs, with the row of Table 1 that they belong to and their variant."""
    tested = tested.assign(row=tested["filters"], variant="main")
    # A table without rows would turn whole numbers into floats.
    runs = pd.concat([tested, *(table for table in varied if len(table))], ignore_index=True)
    return runs.assign(variant=pd.Categorical(runs["variant"], TITLES))


def accuracies(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each of Table 1's numbers, a column for each variant that there is."""
    key = {"row": "row", "layers": "layers", "size": "filter size", "channels": "channels"}
    means = runs.groupby([*key, "variant"], observed=True)["test_accuracy"].mean().unstack()
    means = 100 * means.sort_index(ascending=[False, True, True, True])
    means.columns = [TITLES[variant] for variant in means.columns]
    return means.reset_index().rename(columns=key)


def training_costs(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each variant of each of Table 1's numbers."""
    rows = []
    for (row, layers, variant), group in runs.groupby(["row", "layers", "variant"], observed=True):
        accuracy, spread, seeds = fidelity.mean_accuracy(group)
        rows.append(
            {
                "row": row,
                "layers": layers,
                "variant": TITLES[variant],
                "accuracy (%)": accuracy,
                "spread": spread,
                "seeds": seeds,
                "trained parameters": group["parameters"].iloc[0],
                "multiply-adds of an image": group["multiply_adds"].iloc[0],
                "multiply-adds of the training": group["training_multiply_adds"].iloc[0],
            }
        )
    return pd.DataFrame(rows).sort_values("row", ascending=False, kind="stable")


if "snakemake" in globals():
    job.run(snakemake, write_table1_variants)
