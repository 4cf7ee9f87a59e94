"""Figure 2's histograms: random one-dimensional codes and Gaussian filters."""

from pathlib import Path

import torch

from machinery import job
from machinery.files import write_csv
from paper.figure2 import simulate
from paper.seeds import generator


def simulate_theory(trials: Path, bound: Path, settings: dict, seed: int) -> None:
    """``settings``: the arguments of ``simulate``."""
    with torch.inference_mode():
        tables = simulate(**settings, random=generator(seed, 2))
    for table, path in zip(tables, (trials, bound), strict=True):
        write_csv(path, table)


if "snakemake" in globals():
    job.run(snakemake, simulate_theory)
