"""claims.csv: the paper's claims in prose, and whether they hold here."""

from itertools import chain
from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_tables, write_csv
from paper.verdict import claims as verdicts
from paper.verdict.claim import table
from paper.verdict.fidelity import paper_numbers


def check_claims(
    paper: Path,
    classifiers: list[Path],
    trials: Path,
    bound: Path,
    ratios: list[Path],
    activation_space: list[Path],
    image_space: list[Path],
    metrics: list[Path],
    baselines: list[Path],
    iht_codes: Path,
    iht_activations: list[Path],
    weights: str,
    claims: Path,
) -> None:
    printed = paper_numbers(paper).set_index("id")["value"]
    parts = [verdicts.table1(read_tables(classifiers), printed)]
    parts.append(verdicts.figure2(pd.read_csv(trials), pd.read_csv(bound).iloc[0]))
    random, recovered = {}, {}
    for path in ratios:
        names = path.stem.removeprefix(f"{weights}-").split("-")
        if path.parent.name == "sample_codes":
            random[names[0]] = pd.read_csv(path)
        else:
            recovered[tuple(names)] = pd.read_csv(path)
    parts.append(verdicts.figure3(random, recovered))
    if image_space:
        image = read_tables(image_space)
        parts.append(verdicts.table4(read_tables(activation_space), image))
        parts.append(verdicts.visually(read_tables(metrics)))
        parts.append(verdicts.pictures(image, read_tables(baselines)))
    parts.append(verdicts.iht_codes(pd.read_csv(iht_codes)))
    if iht_activations:
        parts.append(verdicts.iht_activations(read_tables(iht_activations)))
    write_csv(claims, table(chain(*parts)))


if "snakemake" in globals():
    job.run(snakemake, check_claims)
