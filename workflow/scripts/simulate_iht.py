"""IHT on random codes: errors by step, by density of the code and by expansion K / M."""

import pandas as pd
import torch

from cnninvert import job
from cnninvert.device import generator
from cnninvert.files import write_csv
from cnninvert.iht_trials import trial
from cnninvert.progress import progress


def main(snakemake):
    settings, device = snakemake.params.settings, job.device(snakemake)
    base = (settings["density"], settings["expansion"])
    points = {base: None}
    points |= {(density, base[1]): None for density in settings["densities"]}
    points |= {(base[0], expansion): None for expansion in settings["expansions"]}
    work = [(*point, bank) for point in points for bank in range(settings["banks"])]
    ends, curves = [], []
    with torch.inference_mode():
        for density, expansion, bank in progress(work, "densities, expansions and filter banks"):
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
            ends.append(end.assign(density=density, expansion=expansion, bank=bank))
            if (density, expansion) == base:
                curves.append(curve.assign(bank=bank))
    for tables, path in ((ends, snakemake.output.ends), (curves, snakemake.output.curves)):
        write_csv(path, pd.concat(tables))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
