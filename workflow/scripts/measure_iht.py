"""IHT on real activations: the error after every step, for each variant."""

from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.device import job_device
from cnninvert.files import forget, write_csv
from cnninvert.filter_banks import filter_banks
from cnninvert.iht import VARIANTS, iht
from cnninvert.model_sparsity import ModelProjection
from cnninvert.networks import Network
from cnninvert.norms import norms
from cnninvert.readings import Reading
from cnninvert.reconstruction import operator, scale_to
from cnninvert.resumable import resumable


def main(snakemake):
    settings, layer = snakemake.params.settings, snakemake.wildcards.layer
    device = job_device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations, network)
    banks = filter_banks(network, layer, snakemake.params.seed, settings["filter_seeds"])
    work = [
        (start, bank, maximum, variant)
        for start in range(0, settings["images"], settings["batch"])
        for bank in banks
        for maximum in ("signed", "absolute")
        for variant in VARIANTS
    ]

    def run(part):
        start, bank, maximum, variant = part
        stop = min(start + settings["batch"], settings["images"])
        x = activations.read(layer, "output", start, stop).to(device)
        table = errors_by_step(x, banks[bank], Reading(maximum=maximum), variant, settings)
        return {name: column.to_numpy() for name, column in table.items()}

    state, tables = Path(snakemake.params.state), []
    with torch.inference_mode():
        for (start, (filters, bank), maximum, variant), found in resumable(
            work, run, state, job.identity(snakemake), "runs of IHT"
        ):
            table = pd.DataFrame(found)
            names = {"layer": layer, "filters": filters, "bank": bank, "maximum": maximum}
            tables.append(table.assign(**names, variant=variant, image=table["image"] + start))
    write_csv(snakemake.output.errors, pd.concat(tables))
    forget(state)


def errors_by_step(
    x: Tensor, filters: Tensor, reading: Reading, variant: str, settings: dict
) -> pd.DataFrame:
    """A row a step and image: Table 4's error of x^ = W^T z, and the residual ||x - x^|| / ||x||.

    Table 4's has x^ scaled to the norm of x.
    """

    def error(_codes: Tensor, residual: Tensor) -> Tensor:
        return norms(x - scale_to(x - residual, x)) / norms(x)

    found = iht(
        operator(reading, filters),
        x,
        ModelProjection(switches=reading.switches, magnitude=reading.maximum),
        settings["pursuit_steps"] if variant == "pursuit" else max(settings["steps"]),
        variant,
        cg_tolerance=settings["cg_tolerance"],
        cg_iterations=settings["cg_iterations"],
        measure=error,
    )
    steps, images = found.errors.shape
    index = pd.MultiIndex.from_product([range(1, steps + 1), range(images)])
    columns = {"error": found.measured, "residual": found.errors}
    table = pd.DataFrame({name: v.flatten().cpu().numpy() for name, v in columns.items()}, index)
    return table.rename_axis(["step", "image"]).reset_index()


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
