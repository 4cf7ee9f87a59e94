"""Table 4, activation space: errors of one IHT step under every reading of the paper."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.device import job_device
from cnninvert.files import forget, write_csv
from cnninvert.filter_banks import filter_banks, noise_like
from cnninvert.layers import next_convolution
from cnninvert.networks import Network
from cnninvert.norms import norms
from cnninvert.readings import Reading, readings
from cnninvert.reconstruction import relative_errors
from cnninvert.resumable import resumable

# The readings whose errors are kept image by image, for paired differences.
SHOWN = (Reading(switches="known"), Reading(switches="fixed"))
BATCH = 2  # of pool(1)'s responses, 128 x 112 x 112, under hundreds of readings


def main(snakemake):
    params, layer = snakemake.params, snakemake.wildcards.layer
    device = job_device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations, network)
    sparsity = pd.read_csv(snakemake.input.sparsity).set_index("layer")["nonzeros"]
    conv = next_convolution(layer)
    density = float(sparsity[conv]) / 100
    banks = filter_banks(network, layer, params.seed, params.filter_seeds)
    errors: dict[tuple[str, str], list[float]] = {}
    by_image = []

    def measure(part):
        start, key = part
        x = activations.read(layer, "output", start, min(start + BATCH, params.images)).to(device)
        found = relative_errors(x, banks[key], density)
        return {"errors": torch.stack([found[reading] for reading in readings()]).cpu().numpy()}

    parts = list(product(range(0, params.images, BATCH), banks))
    state = Path(snakemake.params.state)
    with torch.inference_mode():
        for (start, (kind, bank)), found in resumable(
            parts, measure, state, job.identity(snakemake), "batches and filter banks"
        ):
            filters = {"learned": "learned", "gaussian": "random"}[kind]  # as the paper says
            for reading, values in zip(readings(), found["errors"], strict=True):
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
    forget(state)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
