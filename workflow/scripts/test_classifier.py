"""Train the chosen configuration on all training images with every seed, and test it once."""

from pathlib import Path

import pandas as pd

from cnninvert import job
from cnninvert.classifier_cost import announce
from cnninvert.classifier_data import read
from cnninvert.classify import best, judge
from cnninvert.device import computing_type, job_device
from cnninvert.files import forget, write_csv
from cnninvert.recipe import Recipe


def main(snakemake):
    params = snakemake.params
    device = job_device(snakemake)
    recipe = Recipe.of(params.recipe)
    architecture = best(pd.read_csv(snakemake.input.table))
    dtype = computing_type(device, params.recipe["precision"])
    images = read(snakemake.input.cifar10, "train", params.train_images, device, dtype)
    test = read(snakemake.input.cifar10, "test", params.test_images, device, dtype)
    announce([architecture] * len(params.seeds), recipe, len(images), device, dtype)
    table, curves = judge(architecture, images, test, recipe, params.seeds, Path(params.state))
    write_csv(snakemake.output.table, table)
    write_csv(snakemake.output.curves, curves)
    forget(Path(params.state))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
