"""Train and test the readings and extensions of the chosen configuration."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.checkpoints import Checkpoints
from machinery.files import write_csv
from paper.device import computing_type, use_device
from paper.table1.images import read
from paper.table1.recipe import Recipe
from paper.table1.search import best
from paper.table1.variants import evaluate_variants


def vary_classifier(
    cifar10: Path,
    whitened: list[Path],
    search: Path,
    variants: list[str],
    train_images: int,
    test_images: int,
    recipe: dict,
    seeds: list[int],
    checkpoints: Checkpoints,
    gpu: int,
    table: Path,
    curves: Path,
) -> None:
    device = use_device(gpu)
    dtype = computing_type(device, recipe["precision"])
    images = read(cifar10, "train", train_images, device, dtype, *whitened)
    test = read(cifar10, "test", test_images, device, dtype, *whitened)
    chosen = best(pd.read_csv(search))
    found = evaluate_variants(chosen, variants, images, test, Recipe.of(recipe), seeds, checkpoints)
    for path, rows in zip((table, curves), found, strict=True):
        write_csv(path, rows)


if "snakemake" in globals():
    job.run(snakemake, vary_classifier)
