"""Choose filter size and channel count on training images alone, by successive halving."""

from itertools import product
from pathlib import Path

from cnninvert import job
from cnninvert.classifier import Architecture
from cnninvert.classifier_cost import announce
from cnninvert.classifier_data import read
from cnninvert.classify import Validation, search
from cnninvert.device import computing_type, job_device
from cnninvert.files import forget, write_csv
from cnninvert.recipe import Recipe


def main(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    device = job_device(snakemake)
    recipe = Recipe.of(params.recipe)
    architectures = [
        Architecture(wildcards.filters, int(wildcards.layers), size, channels)
        for size, channels in product(params.sizes, params.channels)
    ]
    dtype = computing_type(device, params.recipe["precision"])
    images = read(snakemake.input.cifar10, "train", params.images, device, dtype)
    announce(architectures * params.folds, recipe, params.images, device, dtype)
    table, curves = search(
        architectures,
        images,
        Validation(params.folds, params.validation),
        recipe,
        params.halving,
        params.seed,
        Path(params.state),
    )
    write_csv(snakemake.output.table, table)
    write_csv(snakemake.output.curves, curves)
    forget(Path(params.state))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
