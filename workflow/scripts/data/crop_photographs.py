"""Crop the chosen photographs to 224 x 224 and keep them as one HDF5 file."""

from pathlib import Path

import pandas as pd

from machinery import job
from paper.data.photographs import write_crops


def crop_photographs(folder: Path, index: Path, photographs: Path, crops: int, seed: int) -> None:
    write_crops(folder, pd.read_csv(index), crops, seed, photographs)


if "snakemake" in globals():
    job.run(snakemake, crop_photographs)
