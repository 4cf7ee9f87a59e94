"""Activations reconstructed from Algorithm 2's codes, for the decoders."""

from itertools import product
from pathlib import Path

import pandas as pd
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.algorithm2 import recover_codes, statistics
from cnninvert.device import job_device
from cnninvert.factorisation import Factorisation
from cnninvert.files import forget, write_csv
from cnninvert.filter_banks import filter_banks
from cnninvert.hdf5 import whole_hdf5, write_row
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
    size = activations.read(layer, "output", 0, 1).shape[-1]
    banks = filter_banks(network, layer, params.seed, 1)
    # Without a torus: at this gap it would take 4 to 17 times as long.
    prepared = {
        key: Factorisation(operator(Reading(), filters), size, largest_torus=0)
        for key, filters in banks.items()
    }

    def reconstruct(part):
        image, key = part
        w = prepared[key].source
        x = activations.read(layer, "output", image, image + 1).to(device)
        codes, free = recover_codes(
            *(w, x, ModelProjection(), params.lambda_fraction, params.gap),
            *(params.iterations, prepared[key]),
        )
        x_hat = scale_to(w.adjoint(codes.z, size), x)
        found = {"error": norms(x - x_hat) / norms(x), **statistics(w, x, codes, free)}
        return {name: value.cpu().numpy() for name, value in (found | {"x_hat": x_hat}).items()}

    parts = list(product(range(params.images), prepared))
    state, output = Path(snakemake.params.state), snakemake.output.reconstructions
    rows = []
    with torch.inference_mode(), whole_hdf5(output) as file:
        for (image, (filters, bank)), found in resumable(
            parts, reconstruct, state, job.identity(snakemake), "reconstructions"
        ):
            (x_hat,) = found.pop("x_hat")
            write_row(file, dataset(filters, bank, "codes"), image, params.images, x_hat)
            keys = {"layer": layer, "image": image, "filters": filters, "bank": bank}
            rows.append(keys | {name: value.item() for name, value in found.items()})
    write_csv(snakemake.output.errors, pd.DataFrame(rows))
    forget(state)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
