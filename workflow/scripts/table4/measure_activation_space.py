"""Table 4, activation space: errors of one IHT step under every reading of the paper."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cnninvert.networks.layers import next_convolution
from cnninvert.operators.norms import norms
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import write_csv
from paper.data.activations import Activations
from paper.device import use_device
from paper.networks import load_network
from paper.table4.filter_banks import filter_banks, noise_like
from paper.table4.readings import Reading, readings
from paper.table4.reconstruction import relative_errors

# The readings whose errors are kept image by image, for paired differences.
SHOWN = (Reading(switches="known"), Reading(switches="fixed"))


def measure_activation_space(
    weights: Path,
    activations: Path,
    sparsity: Path,
    layer: str,
    images: int,
    seed: int,
    checkpoints: Checkpoints,
    gpu: int,
    errors: Path,
    by_image: Path,
) -> None:
    device = use_device(gpu)
    network = load_network(weights, device)
    source = Activations(activations, network)
    shares = pd.read_csv(sparsity).set_index("layer")["nonzeros"]
    density = float(shares[next_convolution(layer)]) / 100
    by_reading: dict[tuple[str, str], list[float]] = {}
    shown = []

    def measure(part: tuple) -> Arrays:
        image, kind = part
        x = source.read(layer, "output", image, image + 1).to(device)
        found = relative_errors(x, filter_banks(network, layer, seed, image)[kind], density)
        return {"errors": torch.stack([found[reading] for reading in readings()]).cpu().numpy()}

    parts = list(product(range(images), ("learned", "gaussian")))
    with torch.inference_mode():
        for part, found in checkpoints.parts(parts, measure, "photographs and filter banks"):
            image, kind = part
            name = {"learned": "learned", "gaussian": "random"}[kind]  # as the paper says
            for reading, (error,) in zip(readings(), found["errors"].tolist(), strict=True):
                by_reading.setdefault((name, str(reading)), []).append(error)
                if reading in SHOWN:
                    shown.append((layer, image, name, reading.switches, error))
        # What no reading touches: "random activations", Gaussian noise of the same norm; and what
        # can be had without an activation's pattern.
        for image in range(images):
            x = source.read(layer, "output", image, image + 1)
            for key, other in (
                (("activations", "noise of the same norm"), noise_like(x, layer, seed, image)),
                (("constant", "mean of the activation"), x.mean()),
            ):
                by_reading.setdefault(key, []).append(float(norms(x - other) / norms(x)))
    rows = [
        (layer, name, reading, np.mean(values), np.std(values, ddof=1), len(values))
        for (name, reading), values in by_reading.items()
    ]
    columns = ["layer", "filters", "reading", "error", "spread", "n"]
    write_csv(errors, pd.DataFrame(rows, columns=columns))
    columns = ["layer", "image", "filters", "switches", "error"]
    write_csv(by_image, pd.DataFrame(shown, columns=columns))


if "snakemake" in globals():
    job.run(snakemake, measure_activation_space)
