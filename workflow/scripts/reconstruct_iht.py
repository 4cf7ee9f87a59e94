"""Activations reconstructed by one and by several steps of normalised IHT, for the decoders."""

import pandas as pd
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.files import write_csv
from cnninvert.filter_banks import filter_banks
from cnninvert.hdf5 import whole_hdf5, write_row
from cnninvert.iht import iht
from cnninvert.methods import dataset
from cnninvert.model_sparsity import ModelProjection
from cnninvert.networks import Network
from cnninvert.progress import progress
from cnninvert.readings import Reading
from cnninvert.reconstruction import operator, scale_to
from cnninvert.rip import norms


def main(snakemake):
    params, layer = snakemake.params, snakemake.wildcards.layer
    device = job.device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations, network)
    banks = filter_banks(network, layer, params.seed, 1)
    # Table 4's reading but for the absolute maximum: only that makes M a projection.
    reading = Reading(maximum="absolute")
    operators = {key: operator(reading, filters) for key, filters in banks.items()}
    rows = []
    output = snakemake.output.reconstructions
    with torch.inference_mode(), whole_hdf5(output) as file:
        for image in progress(range(params.images), "photographs"):
            x = activations.read(layer, "output", image, image + 1).to(device)
            for (filters, bank), w in operators.items():
                for how, steps in (("absolute", 1), ("iht", params.steps)):
                    found = iht(w, x, ModelProjection(), steps, "normalised")
                    # After one step the length of the step is lost to this scaling.
                    x_hat = scale_to(w.adjoint(found.codes, x.shape[-1]), x)
                    name = dataset(filters, bank, how)
                    write_row(file, name, image, params.images, x_hat[0].cpu().numpy())
                    error = float(norms(x - x_hat) / norms(x))
                    rows.append((layer, image, filters, bank, int(found.steps), error))
    columns = ["layer", "image", "filters", "bank", "steps", "error"]
    write_csv(snakemake.output.errors, pd.DataFrame(rows, columns=columns))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
