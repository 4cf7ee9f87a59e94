"""IHT on random codes: errors by step, by density of the code and by expansion K / M."""

from pathlib import Path

import pandas as pd
import torch

from cnninvert import job
from cnninvert.device import generator, job_device
from cnninvert.files import forget, write_csv
from cnninvert.iht_trials import trial
from cnninvert.resumable import Arrays, resumable


def main(snakemake):
    settings, device = snakemake.params.settings, job_device(snakemake)
    base = (settings["density"], settings["expansion"])
    points = {base: None}
    points |= {(density, base[1]): None for density in settings["densities"]}
    points |= {(base[0], expansion): None for expansion in settings["expansions"]}
    work = [(*point, bank) for point in points for bank in range(settings["banks"])]

    def simulate(part):
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
            generator(snakemake.params.seed, 7, *point, bank),
            device,
        )
        return arrays(end, "end ") | arrays(curve, "curve ")

    state, what = Path(snakemake.params.state), "densities, expansions and filter banks"
    ends, curves = [], []
    with torch.inference_mode():
        for (density, expansion, bank), found in resumable(
            work, simulate, state, job.identity(snakemake), what
        ):
            end, curve = table(found, "end "), table(found, "curve ")
            ends.append(end.assign(density=density, expansion=expansion, bank=bank))
            if (density, expansion) == base:
                curves.append(curve.assign(bank=bank))
    for tables, path in ((ends, snakemake.output.ends), (curves, snakemake.output.curves)):
        write_csv(path, pd.concat(tables))
    forget(state)


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
    job.run(snakemake, main, torch=True)
