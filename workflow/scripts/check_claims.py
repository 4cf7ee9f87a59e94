"""claims.csv: the paper's claims in prose, and whether they hold here."""

from itertools import chain
from pathlib import Path

import pandas as pd

from cnninvert import claims, job
from cnninvert.files import write_csv


def main(snakemake):
    given, weights = snakemake.input, snakemake.params.weights
    parts = [claims.figure2(pd.read_csv(given.trials), pd.read_csv(given.bound).iloc[0])]
    random, recovered = {}, {}
    for path in map(Path, given.ratios):
        names = path.stem.removeprefix(f"{weights}-").split("-")
        if path.parent.name == "sample_codes":
            random[names[0]] = pd.read_csv(path)
        else:
            recovered[tuple(names)] = pd.read_csv(path)
    parts.append(claims.figure3(random, recovered))
    if given.image_space:
        activation = pd.concat([pd.read_csv(path) for path in given.activation_space])
        image = pd.concat([pd.read_csv(path) for path in given.image_space])
        parts.append(claims.table4(activation, image))
        (baselines,) = given.baselines
        parts.append(claims.pictures(image, pd.read_csv(baselines)))
    parts.append(claims.iht_codes(pd.read_csv(given.iht_codes)))
    if given.iht_activations:
        errors = pd.concat([pd.read_csv(path) for path in given.iht_activations])
        parts.append(claims.iht_activations(errors))
    write_csv(snakemake.output.claims, claims.table(chain(*parts)))


if "snakemake" in globals():
    job.run(snakemake, main)
