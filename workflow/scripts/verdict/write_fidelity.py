"""fidelity.csv: each of the paper's 74 numbers beside ours, a row for every reading."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_tables, write_csv
from paper.verdict import fidelity as numbers
from paper.verdict.comparison import compare


def write_fidelity(
    paper: Path,
    classifiers: list[Path],
    variants: list[Path],
    sparsity: list[Path],
    coherence: list[Path],
    activation_space: list[Path],
    image_space: list[Path],
    weights: str,
    seed: int,
    fidelity: Path,
    readings: Path,
    groups: Path,
) -> None:
    # A table without rows would turn whole numbers into floats.
    tested = [table for table in map(pd.read_csv, [*classifiers, *variants]) if len(table)]
    ours = [
        numbers.table1(pd.concat(tested, ignore_index=True)),
        numbers.table2(by_weights(sparsity)),
        numbers.table3(by_weights(coherence)),
    ]
    if activation_space:
        by_name: dict[str, list[Path]] = {}
        for path in activation_space:
            by_name.setdefault(path.stem.rsplit("-", 1)[0], []).append(path)
        errors = {name: read_tables(paths) for name, paths in by_name.items()}
        ours.append(numbers.table4_activation_space(errors))
    if image_space:
        ours.append(numbers.table4_image_space(read_tables(image_space), weights))
    found = compare(pd.concat(ours), numbers.paper_numbers(paper), seed)
    for path, table in zip((fidelity, readings, groups), found, strict=True):
        write_csv(path, table)


def by_weights(paths: list[Path]) -> dict[str, pd.DataFrame]:
    """Tables of VGG-16 by the name of their weights, in the order given."""
    return {path.stem.removeprefix("vgg16-"): pd.read_csv(path) for path in paths}


if "snakemake" in globals():
    job.run(snakemake, write_fidelity)
