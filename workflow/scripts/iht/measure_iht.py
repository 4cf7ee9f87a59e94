"""IHT on real activations: the error after every step, for each variant."""

from itertools import product
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from cnninvert.networks.layers import next_convolution
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.operators.norms import norms
from cnninvert.solvers.iht import VARIANTS, iht
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import write_csv
from paper.data.activations import Activations
from paper.device import use_device
from paper.networks import load_network
from paper.table4.filter_banks import gaussian_bank
from paper.table4.readings import Reading
from paper.table4.reconstruction import operator, scale_to


def measure_iht(
    weights: Path,
    activations: Path,
    layer: str,
    settings: dict,
    seed: int,
    checkpoints: Checkpoints,
    gpu: int,
    errors: Path,
) -> None:
    """``settings``: the section iht_activations, with ``steps`` as a number."""
    device = use_device(gpu)
    network = load_network(weights, device)
    source = Activations(activations, network)
    learned = network.filters(next_convolution(layer)).contiguous()
    banks = {("learned", 0): learned}
    for bank in range(settings["banks"]):
        banks["gaussian", bank] = gaussian_bank(learned, layer, seed, bank)
    starts = range(0, settings["images"], settings["batch"])
    parts = list(product(starts, banks, ("signed", "absolute"), VARIANTS))

    def run(part: tuple) -> Arrays:
        start, bank, maximum, variant = part
        stop = min(start + settings["batch"], settings["images"])
        x = source.read(layer, "output", start, stop).to(device)
        table = errors_by_step(x, banks[bank], Reading(maximum=maximum), variant, settings)
        return {name: column.to_numpy() for name, column in table.items()}

    tables = []
    with torch.inference_mode():
        for part, found in checkpoints.parts(parts, run, "runs of IHT"):
            start, (filters, bank), maximum, variant = part
            table = pd.DataFrame(found)
            names = {"layer": layer, "filters": filters, "bank": bank, "maximum": maximum}
            tables.append(table.assign(**names, variant=variant, image=table["image"] + start))
    write_csv(errors, pd.concat(tables))


def errors_by_step(
    x: Tensor, filters: Tensor, reading: Reading, variant: str, settings: dict
) -> pd.DataFrame:
    """A row a step and image: Table 4's error of x^ = W^T z, and the residual ||x - x^|| / ||x||.

    Table 4's has x^ scaled to the norm of x.
    """

    x = x.contiguous(memory_format=torch.channels_last)  # as the convolutions have their results

    def error(_codes: Tensor, residual: Tensor) -> Tensor:
        return norms(x - scale_to(x - residual, x)) / norms(x)

    found = iht(
        operator(reading, filters, x.shape[-1]),
        x,
        ModelProjection(switches=reading.switches, magnitude=reading.maximum),
        settings["pursuit_steps"] if variant == "pursuit" else settings["steps"],
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
    job.run(snakemake, measure_iht)
