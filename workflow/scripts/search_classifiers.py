"""Train each filter size and channel count on CIFAR-10, and score it on held-out images."""

from itertools import product
from pathlib import Path

from cnninvert import job
from cnninvert.classifier import Architecture
from cnninvert.classifier_data import read
from cnninvert.classifier_training import Recipe
from cnninvert.classify import forget, search
from cnninvert.files import whole


def main(snakemake):
    params = snakemake.params
    filters, layers = snakemake.wildcards.filters, int(snakemake.wildcards.layers)
    device = job.device(snakemake)
    table, curves = search(
        [
            Architecture(filters, layers, size, channels, params.batch_norm)
            for size, channels in product(params.sizes, params.channels)
        ],
        read(snakemake.input.cifar10, "train", params.train_images, device),
        params.validation,
        Recipe(params.epochs, params.batch, params.learning_rate),
        params.seed,
        Path(params.state),
    )
    with whole(snakemake.output.table) as part:
        table.to_csv(part, index=False)
    with whole(snakemake.output.curves) as part:
        curves.to_csv(part, index=False)
    forget(Path(params.state))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
