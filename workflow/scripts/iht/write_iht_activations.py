"""What more steps of IHT leave of Table 4's error, layer by layer."""

from pathlib import Path

import numpy as np
import pandas as pd

from cnninvert.networks.layers import title
from machinery import job
from machinery.files import read_tables
from paper.printing.tables import write_table


def write_iht_activations(errors: list[Path], steps: list[int], tables: list[Path]) -> None:
    keys = ["layer", "filters", "maximum"]
    rows = []
    for names, group in read_tables(errors).groupby(keys, sort=False):
        # One step of the printed variant: Table 4's error, where the maximum is its signed one.
        printed = group[(group["variant"] == "unit") & (group["step"] == 1)]
        first = printed.set_index(["bank", "image"])["error"]
        for variant, runs in group.groupby("variant", sort=False):
            by_step = runs.pivot(index="step", columns=["bank", "image"], values="error")
            found = dict(zip([*keys, "step"], [*names, variant], strict=True))
            rows.append(found | summary(by_step, first, steps))
    table = pd.DataFrame(rows)
    table["layer"] = [title("vgg16", layer) for layer in table["layer"]]
    write_table(table, tables, digits=3)


def summary(by_step: pd.DataFrame, first: pd.Series, steps: list[int]) -> dict:
    """Mean errors after ``steps`` over photographs and banks (columns of ``by_step``).

    Nothing where a step was not taken, or after divergence.
    """
    last = by_step.iloc[-1]
    diverged = np.isinf(by_step)
    return {
        **{f"error, {step} step{'s'[: step > 1]}": mean(by_step, step) for step in steps},
        "spread of the last": np.nan if diverged.any(axis=None) else last.std(),
        "removed (%)": np.nan if diverged.any(axis=None) else 100 * (1 - last / first).mean(),
        "diverged (%)": 100 * diverged.iloc[-1].mean(),
        "diverged at step": str(diverged.any(axis=1).idxmax()) if diverged.any(axis=None) else "",
    }


def mean(by_step: pd.DataFrame, step: int) -> float:
    if step not in by_step.index or np.isinf(by_step.loc[step]).any():
        return np.nan
    return by_step.loc[step].mean()


if "snakemake" in globals():
    job.run(snakemake, write_iht_activations)
