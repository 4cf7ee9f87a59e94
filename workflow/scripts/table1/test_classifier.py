"""Train the chosen configuration on all training images with every seed, and test it once."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.checkpoints import Checkpoints
from machinery.files import write_csv
from paper.device import computing_type, use_device
from paper.table1.images import read
from paper.table1.recipe import Recipe
from paper.table1.search import best, evaluate
from paper.table1.trained import save


def test_classifier(
    cifar10: Path,
    whitened: list[Path],
    search: Path,
    train_images: int,
    test_images: int,
    recipe: dict,
    seeds: list[int],
    checkpoints: Checkpoints,
    gpu: int,
    table: Path,
    curves: Path,
    networks: Path,
) -> None:
    device = use_device(gpu)
    dtype = computing_type(device, recipe["precision"])
    images = read(cifar10, "train", train_images, device, dtype, *whitened)
    test = read(cifar10, "test", test_images, device, dtype, *whitened)
    chosen = best(pd.read_csv(search))
    *found, trained = evaluate(chosen, images, test, Recipe.of(recipe), seeds, checkpoints)
    save(networks, trained)
    for path, rows in zip((table, curves), found, strict=True):
        write_csv(path, rows)


if "snakemake" in globals():
    job.run(snakemake, test_classifier)
