"""Test random networks of one depth and width, with a classifier in closed form."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.checkpoints import Checkpoints
from machinery.errors import InputError
from machinery.files import write_csv
from paper.device import computing_type, use_device
from paper.table1.architecture import Architecture
from paper.table1.closed_form import ClosedForm, evaluate_ridge
from paper.table1.images import read


def widen_classifier(
    cifar10: Path,
    whitened: list[Path],
    layers: str,
    channels: str,
    size: int,
    train_images: int,
    test_images: int,
    recipe: dict,
    seeds: list[int],
    checkpoints: Checkpoints,
    gpu: int,
    table: Path,
) -> None:
    device = use_device(gpu)
    dtype = computing_type(device, recipe["precision"])
    images = read(cifar10, "train", train_images, device, dtype, *whitened)
    test = read(cifar10, "test", test_images, device, dtype, *whitened)
    architecture = Architecture("random", int(layers), size, int(channels), batch_norm="fixed")
    how = ClosedForm(recipe["flips"], recipe["mirrored"], round(recipe["cache_gb"] * 1e9))
    rows = [
        evaluate_ridge(architecture, images, test, how, seed, checkpoints.within(str(seed)))
        for seed in seeds
    ]
    if None in rows:
        raise InputError(
            f"table1_width: the features of {channels} filters a layer do not fit into "
            f"table1.cache_gb = {recipe['cache_gb']} of memory; raise it, or leave them out."
        )
    write_csv(table, pd.DataFrame(rows))


if "snakemake" in globals():
    job.run(snakemake, widen_classifier)
