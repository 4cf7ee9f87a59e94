"""Choose filter size and channel count on training images alone, by successive halving."""

from itertools import product
from pathlib import Path

from machinery import job
from machinery.checkpoints import Checkpoints
from machinery.files import write_csv
from paper.device import computing_type, use_device
from paper.table1.architecture import Architecture, affordable
from paper.table1.images import read
from paper.table1.recipe import Recipe
from paper.table1.search import Validation, not_searched, search, with_left_out


def search_classifiers(
    cifar10: Path,
    whitened: list[Path],
    filters: str,
    layers: str,
    sizes: list[int],
    channels: list[int],
    multiply_adds: float | None,
    chosen: dict[str, int] | None,
    images: int,
    folds: int,
    validation: float,
    halving: int,
    recipe: dict,
    seed: int,
    checkpoints: Checkpoints,
    gpu: int,
    table: Path,
    curves: Path,
) -> None:
    if chosen:
        given = Architecture(filters, int(layers), chosen["size"], chosen["channels"])
        for path, rows in zip((table, curves), not_searched(given), strict=True):
            write_csv(path, rows)
        return
    device = use_device(gpu)
    grid = [
        Architecture(filters, int(layers), size, count) for size, count in product(sizes, channels)
    ]
    tried = [architecture for architecture in grid if affordable(architecture, multiply_adds)]
    left_out = [architecture for architecture in grid if architecture not in tried]
    dtype = computing_type(device, recipe["precision"])
    scores, learning = search(
        tried,
        read(cifar10, "train", images, device, dtype, *whitened),
        Validation(folds, validation),
        Recipe.of(recipe),
        halving,
        seed,
        checkpoints,
    )
    write_csv(table, with_left_out(scores, left_out))
    write_csv(curves, learning)


if "snakemake" in globals():
    job.run(snakemake, search_classifiers)
