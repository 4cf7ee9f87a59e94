"""Crop the chosen photographs to 224 x 224 and keep them as one HDF5 file."""

from pathlib import Path

import pandas as pd

from cnninvert import job
from cnninvert.photographs import write_crops


def main(snakemake):
    write_crops(
        Path(snakemake.input.folder),
        pd.read_csv(snakemake.input.index),
        snakemake.params.crops,
        snakemake.params.seed,
        Path(snakemake.output.photographs),
    )


if "snakemake" in globals():
    job.run(snakemake, main)
