"""Figure 2's histograms: random one-dimensional codes and Gaussian filters."""

import torch

from cnninvert import job
from cnninvert.device import generator
from cnninvert.files import write_csv
from cnninvert.theory import simulate


def main(snakemake):
    with torch.inference_mode():
        trials, bound = simulate(
            **snakemake.params.theory, random=generator(snakemake.params.seed, 2)
        )
    for frame, path in ((trials, snakemake.output.trials), (bound, snakemake.output.bound)):
        write_csv(path, frame)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
