"""IHT on random codes: errors by step, by density of the code and by expansion K / M."""

from pathlib import Path

import pandas as pd
import torch

from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import write_csv
from paper.device import use_device
from paper.iht import trial
from paper.seeds import generator


def simulate_iht(
    settings: dict, seed: int, checkpoints: Checkpoints, gpu: int, ends: Path, curves: Path
) -> None:
    """``settings``: the section iht_codes."""
    device = use_device(gpu)
    base = (settings["density"], settings["expansion"])
    points = {base: None}
    points |= {(density, base[1]): None for density in settings["densities"]}
    points |= {(base[0], expansion): None for expansion in settings["expansions"]}
    parts = [(*point, bank) for point in points for bank in range(settings["banks"])]

    def simulate(part: tuple) -> Arrays:
        density, expansion, bank = part
        # A point's draws do not depend on which other points there are.
        point = (round(1e6 * density), round(1e6 * expansion))
        end, curve = trial(
            settings["channels"],
            expansion,
            settings["length"],
            density,
            settings["codes"],
            settings["steps"],
            generator(seed, 7, *point, bank),
            device,
        )
        return arrays(end, "end ") | arrays(curve, "curve ")

    what = "densities, expansions and filter banks"
    end_tables, curve_tables = [], []
    with torch.inference_mode():
        for (density, expansion, bank), found in checkpoints.parts(parts, simulate, what):
            end, curve = table(found, "end "), table(found, "curve ")
            end_tables.append(end.assign(density=density, expansion=expansion, bank=bank))
            if (density, expansion) == base:
                curve_tables.append(curve.assign(bank=bank))
    write_csv(ends, pd.concat(end_tables))
    write_csv(curves, pd.concat(curve_tables))


def arrays(frame: pd.DataFrame, prefix: str) -> Arrays:
    """The columns of ``frame`` by their names, after ``prefix``."""
    return {
        prefix + name: column.to_numpy(str if name == "variant" else None)
        for name, column in frame.items()
    }


def table(found: Arrays, prefix: str) -> pd.DataFrame:
    """The table whose columns ``arrays`` named with ``prefix``."""
    return pd.DataFrame(
        {name.removeprefix(prefix): v for name, v in found.items() if name.startswith(prefix)}
    )


if "snakemake" in globals():
    job.run(snakemake, simulate_iht)
