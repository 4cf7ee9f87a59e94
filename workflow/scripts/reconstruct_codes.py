"""Activations reconstructed from Algorithm 2's codes, for the decoders."""

import pandas as pd
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.algorithm2 import recover_codes, statistics
from cnninvert.factorisation import Factorisation
from cnninvert.files import write_csv
from cnninvert.filter_banks import filter_banks
from cnninvert.hdf5 import whole_hdf5, write_row
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
    size = activations.read(layer, "output", 0, 1).shape[-1]
    banks = filter_banks(network, layer, params.seed, 1)
    # Without a torus: at this gap it would take 4 to 17 times as long.
    prepared = {
        key: Factorisation(operator(Reading(), filters), size, largest_torus=0)
        for key, filters in banks.items()
    }
    rows = []
    output = snakemake.output.reconstructions
    with torch.inference_mode(), whole_hdf5(output) as file:
        for image in progress(range(params.images), "photographs"):
            x = activations.read(layer, "output", image, image + 1).to(device)
            for (filters, bank), factorisation in prepared.items():
                w = factorisation.source
                codes, free = recover_codes(
                    *(w, x, ModelProjection(), params.lambda_fraction, params.gap),
                    *(params.iterations, factorisation),
                )
                x_hat = scale_to(w.adjoint(codes.z, size), x)
                name = dataset(filters, bank, "codes")
                write_row(file, name, image, params.images, x_hat[0].cpu().numpy())
                found = {"error": norms(x - x_hat) / norms(x), **statistics(w, x, codes, free)}
                keys = {"layer": layer, "image": image, "filters": filters, "bank": bank}
                rows.append(keys | {key: value.item() for key, value in found.items()})
    write_csv(snakemake.output.errors, pd.DataFrame(rows))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
