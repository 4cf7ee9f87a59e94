"""Activations reconstructed from Algorithm 2's codes, for the decoders."""

from itertools import product
from pathlib import Path

import pandas as pd
import torch

from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.operators.norms import norms
from cnninvert.solvers.algorithm2 import recover_codes
from cnninvert.solvers.filter_bank import PreparedFilterBank
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import write_csv
from machinery.hdf5 import atomic_hdf5, write_row
from paper.data.activations import Activations
from paper.device import use_device
from paper.figure3 import code_statistics
from paper.networks import load_network
from paper.table4.filter_banks import filter_banks
from paper.table4.readings import Reading
from paper.table4.reconstruction import operator, scale_to


def reconstruct_codes(
    weights: Path,
    activations: Path,
    layer: str,
    images: int,
    gap: float,
    lambda_fraction: float,
    iterations: int,
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

    def prepare(kind: str, image: int) -> PreparedFilterBank:
        w = operator(Reading(), filter_banks(network, layer, seed, image)[kind], size)
        # Without a torus: at this gap it takes twice as long, its preparation apart.
        return PreparedFilterBank(w, largest_torus=0)

    learned = prepare("learned", 0)  # the same for all photographs

    def reconstruct(part: tuple) -> Arrays:
        image, kind = part
        bank = learned if kind == "learned" else prepare(kind, image)
        w, x = bank.source, source.read(layer, "output", image, image + 1).to(device)
        codes = recover_codes(w, x, ModelProjection(), lambda_fraction, gap, iterations, bank)
        x_hat = scale_to(w.adjoint(codes[0].codes), x)
        found = {"error": norms(x - x_hat) / norms(x), **code_statistics(w, x, *codes)}
        return {name: value.cpu().numpy() for name, value in (found | {"x_hat": x_hat}).items()}

    parts = list(product(range(images), ("learned", "gaussian")))
    rows = []
    with torch.inference_mode(), atomic_hdf5(reconstructions) as file:
        for part, found in checkpoints.parts(parts, reconstruct, "reconstructions"):
            image, filters = part
            (x_hat,) = found.pop("x_hat")
            write_row(file, f"{filters}_codes", image, images, x_hat)
            keys = {"layer": layer, "image": image, "filters": filters}
            rows.append(keys | {name: value.item() for name, value in found.items()})
    write_csv(errors, pd.DataFrame(rows))


if "snakemake" in globals():
    job.run(snakemake, reconstruct_codes)
