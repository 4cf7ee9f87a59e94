"""Activations reconstructed by one and by several steps of normalised IHT, for the decoders."""

from itertools import product
from pathlib import Path

import pandas as pd
import torch

from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.operators.norms import norms
from cnninvert.solvers.iht import iht
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import write_csv
from machinery.hdf5 import atomic_hdf5, write_row
from paper.data.activations import Activations
from paper.device import use_device
from paper.networks import load_network
from paper.table4.filter_banks import filter_banks
from paper.table4.readings import Reading
from paper.table4.reconstruction import operator, scale_to


def reconstruct_iht(
    weights: Path,
    activations: Path,
    layer: str,
    images: int,
    steps: int,
    seed: int,
    checkpoints: Checkpoints,
    gpu: int,
    reconstructions: Path,
    errors: Path,
) -> None:
    device = use_device(gpu)
    network = load_network(weights, device)
    source = Activations(activations, network)
    size = source.shape(layer)[-1]
    # Table 4's reading but for the absolute maximum: only that makes M a projection.
    reading = Reading(maximum="absolute")

    def reconstruct(part: tuple) -> Arrays:
        image, kind, (_, count) = part
        w = operator(reading, filter_banks(network, layer, seed, image)[kind], size)
        x = source.read(layer, "output", image, image + 1).to(device)
        found = iht(w, x, ModelProjection(), count, "normalised")
        # After one step the length of the step is lost to this scaling.
        x_hat = scale_to(w.adjoint(found.codes), x)
        values = {"x_hat": x_hat, "steps": found.iterations, "error": norms(x - x_hat) / norms(x)}
        return {name: value.cpu().numpy() for name, value in values.items()}

    hows = [("absolute", 1), ("iht", steps)]
    parts = list(product(range(images), ("learned", "gaussian"), hows))
    rows = []
    with torch.inference_mode(), atomic_hdf5(reconstructions) as file:
        for part, found in checkpoints.parts(parts, reconstruct, "reconstructions"):
            image, filters, (how, _) = part
            (x_hat,) = found["x_hat"]
            write_row(file, f"{filters}_{how}", image, images, x_hat)
            numbers = found["steps"].item(), found["error"].item()
            rows.append((layer, image, filters, *numbers))
    columns = ["layer", "image", "filters", "steps", "error"]
    write_csv(errors, pd.DataFrame(rows, columns=columns))


if "snakemake" in globals():
    job.run(snakemake, reconstruct_iht)
