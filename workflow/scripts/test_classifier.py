"""Train the chosen configuration on all training images, and test it once."""

from pathlib import Path

import pandas as pd

from cnninvert import job
from cnninvert.classifier import Architecture
from cnninvert.classifier_data import read
from cnninvert.classifier_training import Recipe
from cnninvert.classify import best, forget, judge
from cnninvert.files import whole


def main(snakemake):
    params = snakemake.params
    filters, layers = snakemake.wildcards.filters, int(snakemake.wildcards.layers)
    size, channels = best(pd.read_csv(snakemake.input.table))
    device = job.device(snakemake)
    table, curves = judge(
        [
            Architecture(filters, layers, size, channels, batch_norm)
            for batch_norm in params.batch_norm
        ],
        read(snakemake.input.cifar10, "train", params.train_images, device),
        read(snakemake.input.cifar10, "test", params.test_images, device),
        Recipe(params.epochs, params.batch, params.learning_rate),
        [params.seed + number for number in range(params.seeds)],
        Path(params.state),
    )
    with whole(snakemake.output.table) as part:
        table.to_csv(part, index=False)
    with whole(snakemake.output.curves) as part:
        curves.to_csv(part, index=False)
    forget(Path(params.state))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
