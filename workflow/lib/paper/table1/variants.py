"""Readings and extensions of Table 1: the chosen configuration, changed in one respect."""

import pandas as pd

from machinery.checkpoints import Checkpoints
from paper.table1.architecture import Architecture
from paper.table1.closed_form import ClosedForm, evaluate_ridge
from paper.table1.images import Images
from paper.table1.recipe import Recipe
from paper.table1.search import evaluate
from paper.table1.varied import vary


def evaluate_variants(
    chosen: Architecture,
    variants: list[str],
    images: Images,
    test: Images,
    recipe: Recipe,
    seeds: list[int],
    checkpoints: Checkpoints,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test each variant of the ``chosen`` configuration with every seed.

    Returns rows and learning curves as ``search.evaluate`` does, with columns for the variant and
    for the row of Table 1 that it varies. Ridge regression has no learning curve.
    """
    tables, curves = [], []
    for variant in variants:
        architecture = vary(chosen, variant)
        if architecture is None:
            continue
        if variant == "ridge":
            how = ClosedForm(recipe.augmentation.flips, recipe.mirrored, recipe.cache)
            rows = [
                evaluate_ridge(
                    architecture, images, test, how, seed, checkpoints.within(f"ridge-{seed}")
                )
                for seed in seeds
            ]
            table = pd.DataFrame([row for row in rows if row])
            if table.empty:
                continue
        else:
            table, curve, _ = evaluate(
                architecture, images, test, recipe, seeds, checkpoints.within(variant)
            )
            curves.append(curve.assign(row=chosen.filters, variant=variant))
        tables.append(table.assign(row=chosen.filters, variant=variant))
    empty = pd.DataFrame(columns=["row", "variant"])
    # Beside an empty table, pandas would make floats of the others' whole numbers.
    return tuple(
        pd.concat(frames, ignore_index=True) if frames else empty for frames in (tables, curves)
    )
