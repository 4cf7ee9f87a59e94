"""Train and test the readings and extensions of the chosen configuration."""

from pathlib import Path

import pandas as pd

from cnninvert import job
from cnninvert.classifier_cost import announce
from cnninvert.classifier_data import read
from cnninvert.classify import best
from cnninvert.device import computing_type, job_device
from cnninvert.files import forget, write_csv
from cnninvert.recipe import Recipe
from cnninvert.variants import judge_variants, trained


def main(snakemake):
    params = snakemake.params
    device = job_device(snakemake)
    recipe = Recipe.of(params.recipe)
    architecture = best(pd.read_csv(snakemake.input.table))
    dtype = computing_type(device, params.recipe["precision"])
    images = read(snakemake.input.cifar10, "train", params.train_images, device, dtype)
    test = read(snakemake.input.cifar10, "test", params.test_images, device, dtype)
    architectures = trained(architecture, params.variants) * len(params.seeds)
    announce(architectures, recipe, len(images), device, dtype)
    table, curves = judge_variants(
        architecture, params.variants, images, test, recipe, params.seeds, Path(params.state)
    )
    write_csv(snakemake.output.table, table)
    write_csv(snakemake.output.curves, curves)
    forget(Path(params.state))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
