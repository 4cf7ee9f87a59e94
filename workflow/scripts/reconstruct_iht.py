"""Activations reconstructed by one and by several steps of normalised IHT, for the decoders."""

from itertools import product
from pathlib import Path

import pandas as pd
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.device import job_device
from cnninvert.files import forget, write_csv
from cnninvert.filter_banks import filter_banks
from cnninvert.hdf5 import whole_hdf5, write_row
from cnninvert.iht import iht
from cnninvert.method_datasets import dataset
from cnninvert.model_sparsity import ModelProjection
from cnninvert.networks import Network
from cnninvert.norms import norms
from cnninvert.readings import Reading
from cnninvert.reconstruction import operator, scale_to
from cnninvert.resumable import resumable


def main(snakemake):
    params, layer = snakemake.params, snakemake.wildcards.layer
    device = job_device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations, network)
    banks = filter_banks(network, layer, params.seed, 1)
    # Table 4's reading but for the absolute maximum: only that makes M a projection.
    reading = Reading(maximum="absolute")
    operators = {key: operator(reading, filters) for key, filters in banks.items()}

    def reconstruct(part):
        image, key, (_, steps) = part
        w = operators[key]
        x = activations.read(layer, "output", image, image + 1).to(device)
        found = iht(w, x, ModelProjection(), steps, "normalised")
        # After one step the length of the step is lost to this scaling.
        x_hat = scale_to(w.adjoint(found.codes, x.shape[-1]), x)
        values = {"x_hat": x_hat, "steps": found.steps, "error": norms(x - x_hat) / norms(x)}
        return {name: value.cpu().numpy() for name, value in values.items()}

    how_many = [("absolute", 1), ("iht", params.steps)]
    parts = list(product(range(params.images), operators, how_many))
    state, output = Path(snakemake.params.state), snakemake.output.reconstructions
    rows = []
    with torch.inference_mode(), whole_hdf5(output) as file:
        for (image, (filters, bank), (how, _)), found in resumable(
            parts, reconstruct, state, job.identity(snakemake), "reconstructions"
        ):
            (x_hat,) = found["x_hat"]
            write_row(file, dataset(filters, bank, how), image, params.images, x_hat)
            numbers = found["steps"].item(), found["error"].item()
            rows.append((layer, image, filters, bank, *numbers))
    columns = ["layer", "image", "filters", "bank", "steps", "error"]
    write_csv(snakemake.output.errors, pd.DataFrame(rows, columns=columns))
    forget(state)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
