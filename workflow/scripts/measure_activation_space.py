"""Table 4, activation space: errors of one IHT step under every reading of the paper."""

import numpy as np
import pandas as pd
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.files import write_csv
from cnninvert.filter_banks import filter_banks, noise_like
from cnninvert.layers import next_convolution
from cnninvert.networks import Network
from cnninvert.progress import progress
from cnninvert.readings import Reading
from cnninvert.reconstruction import relative_errors
from cnninvert.rip import norms

# The readings whose errors are kept image by image, for paired differences.
SHOWN = (Reading(switches="known"), Reading(switches="fixed"))
BATCH = 2  # of pool(1)'s responses, 128 x 112 x 112, under hundreds of readings


def main(snakemake):
    params, layer = snakemake.params, snakemake.wildcards.layer
    device = job.device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations, network)
    sparsity = pd.read_csv(snakemake.input.sparsity).set_index("layer")["nonzeros"]
    conv = next_convolution(layer)
    density = float(sparsity[conv]) / 100
    banks = filter_banks(network, layer, params.seed, params.filter_seeds)
    errors: dict[tuple[str, str], list[float]] = {}
    by_image = []
    starts = [(start, bank) for start in range(0, params.images, BATCH) for bank in banks.items()]
    with torch.inference_mode():
        for start, ((kind, bank), w) in progress(starts, "batches and filter banks"):
            filters = {"learned": "learned", "gaussian": "random"}[kind]  # as the paper says
            x = activations.read(layer, "output", start, min(start + BATCH, params.images))
            x = x.to(device)
            for reading, values in relative_errors(x, w, density).items():
                errors.setdefault((filters, str(reading)), []).extend(values.tolist())
                if reading in SHOWN:
                    for image, error in enumerate(values.tolist(), start):
                        by_image.append((layer, image, filters, bank, reading.switches, error))
        # "Random activations": Gaussian noise of the same norm, which no reading touches.
        for start in range(params.images):
            x = activations.read(layer, "output", start, start + 1)
            noise = noise_like(x, layer, params.seed, start)
            key = ("activations", "noise of the same norm")
            errors.setdefault(key, []).append(float(norms(x - noise) / norms(x)))
    rows = [
        {
            "layer": layer,
            "filters": filters,
            "reading": reading,
            "error": np.mean(values),
            "spread": np.std(values, ddof=1),
            "n": len(values),
        }
        for (filters, reading), values in errors.items()
    ]
    write_csv(snakemake.output.errors, pd.DataFrame(rows))
    columns = ["layer", "image", "filters", "bank", "switches", "error"]
    write_csv(snakemake.output.by_image, pd.DataFrame(by_image, columns=columns))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
