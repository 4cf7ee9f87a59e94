"""fidelity.csv: each of the paper's 74 numbers beside ours, a row for every reading."""

from pathlib import Path

import pandas as pd

from cnninvert import fidelity, job
from cnninvert.files import write_csv


def main(snakemake):
    given, params = snakemake.input, snakemake.params
    ours = [
        fidelity.table1(read_all([*given.classifiers, *given.variants])),
        fidelity.table2(by_weights(given.sparsity, "vgg16-")),
        fidelity.table3(by_weights(given.coherence, "vgg16-")),
    ]
    if given.activation_space:
        tables = {}
        for path in given.activation_space:
            name = Path(path).stem.rsplit("-", 1)[0]
            tables.setdefault(name, []).append(pd.read_csv(path))
        ours.append(fidelity.table4_activation_space({k: pd.concat(v) for k, v in tables.items()}))
    if given.image_space:
        ours.append(fidelity.table4_image_space(read_all(given.image_space), params.weights))
    paper = fidelity.paper_numbers(Path(given.paper))
    table, summary = fidelity.compare(pd.concat(ours), paper)
    for frame, path in ((table, snakemake.output.fidelity), (summary, snakemake.output.readings)):
        write_csv(path, frame)


def read_all(paths: list[str]) -> pd.DataFrame:
    tables = [pd.read_csv(path) for path in paths]
    # One without rows would turn whole numbers into floats.
    return pd.concat([table for table in tables if len(table)], ignore_index=True)


def by_weights(paths: list[str], prefix: str) -> dict[str, pd.DataFrame]:
    """Tables by the name of their weights, in the order given."""
    return {Path(path).stem.removeprefix(prefix): pd.read_csv(path) for path in paths}


if "snakemake" in globals():
    job.run(snakemake, main)
