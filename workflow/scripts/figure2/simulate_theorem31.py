"""The worst model-sparse codes of random filter banks of many sizes."""

from pathlib import Path

import pandas as pd
import torch

from machinery import job
from machinery.files import write_csv
from machinery.progress import progress
from paper.theorem31 import distortions as draw
from paper.theorem31 import points


def simulate_theorem31(banks: int, seed: int, distortions: Path) -> None:
    with torch.inference_mode():
        found = draw(banks, seed)
        rows = [next(found) for _ in progress(range(len(points()) * banks), "filter banks")]
    write_csv(distortions, pd.DataFrame(rows))


if "snakemake" in globals():
    job.run(snakemake, simulate_theorem31)
