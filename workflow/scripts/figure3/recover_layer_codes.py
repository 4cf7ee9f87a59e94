"""Figure 3 for one layer: codes of crops of its real input, their ratios and the predicted ones."""

from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from cnninvert.networks.layer_input import crop_size, layer_input, random_crop
from cnninvert.networks.layer_operator import layer_operator
from cnninvert.networks.pretrained import Network
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.solvers.algorithm2 import recover_codes
from cnninvert.solvers.filter_bank import PreparedFilterBank
from cnninvert.theory.random_signs import flipped_ratios, ratio_moments, square_variance
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import write_csv
from machinery.hdf5 import read_photographs
from paper.device import use_device
from paper.figure3 import code_statistics, filter_bank, warn_of_unsolved
from paper.networks import load_network
from paper.seeds import generator

# Regions of 2 x 2 that do not overlap, in every layer: most have no pool, and AlexNet's overlap.
PROJECT = ModelProjection(region=2, magnitude="absolute")


def recover_layer_codes(
    weights: Path,
    photographs: Path,
    architecture: str,
    layer: str,
    filters: str,
    settings: dict,
    lambdas: list[float],
    seed: int,
    checkpoints: Checkpoints,
    gpu: int,
    ratios: Path,
    signs: Path,
) -> None:
    """``lambdas``: as shares of lambda_max, settings["lambda"] among them."""
    network = load_network(weights, use_device(gpu))
    number = [conv.name for conv in network.convolutions].index(layer)
    tables = []
    with torch.inference_mode():
        with read_photographs(photographs, "test") as file:
            images = torch.from_numpy(file["test"][: settings["images"]])
        # The same places for all banks, and the same signs for all lambdas.
        x = crops(network, layer, images, settings["side"], generator(seed, 8, number))
        bank = filter_bank(network, layer, filters, seed)
        prepared = PreparedFilterBank(layer_operator(network, layer, x.shape[-1], "valid", bank))

        def recover(fraction: float) -> Arrays:
            random = generator(seed, 9, number)
            columns = measure(prepared, x, fraction, settings, random)
            return {name: values.cpu().numpy() for name, values in columns.items()}

        for fraction, found in checkpoints.parts(lambdas, recover, "lambdas"):
            flipped = found.pop("flipped")
            table = pd.DataFrame(found).rename_axis("image").reset_index()
            tables.append(table.assign(**{"lambda": fraction}))
            if fraction == settings["lambda"]:
                copies = pd.DataFrame(flipped).rename_axis("image").reset_index()
                copies = copies.melt("image", var_name="copy", value_name="ratio")
    table = pd.concat(tables)
    warn_of_unsolved(table, settings["iterations"], settings["gap"])
    for path, rows in ((ratios, table), (signs, copies)):
        write_csv(path, rows.assign(architecture=architecture, layer=layer, filters=filters))


def crops(
    network: Network, layer: str, images: Tensor, side: int, random: torch.Generator
) -> Tensor:
    """(B, M, D, D): a crop of the input of ``layer`` for each of ``images``, uint8 (B, 3, H, W).

    Their codes have ``side`` places an axis, or as many as the maps have.
    """
    conv = next(each for each in network.convolutions if each.name == layer)
    device = network.filters(layer).device
    cut = []
    for image in images.split(1):  # since whole maps of the early layers are large
        x = layer_input(network, layer, image.to(device))
        cut.append(random_crop(x, crop_size(conv, side, x.shape[-1]), random))
    return torch.cat(cut)


def measure(
    prepared: PreparedFilterBank,
    x: Tensor,
    fraction: float,
    settings: dict,
    random: torch.Generator,
) -> dict[str, Tensor]:
    """Statistics (B,) of the codes of ``x`` (B, M, D, D); ``flipped``: (B, copies) of random signs.

    ``fraction``: lambda as a share of lambda_max.
    """
    w, gap, iterations = prepared.operator, settings["gap"], settings["iterations"]
    found = recover_codes(w, x, PROJECT, fraction, gap, iterations, prepared)
    z = found[0].codes
    variance = square_variance(w, torch.cat([z, torch.ones_like(z[:1])]))
    mean, spread = ratio_moments(variance)
    flipped = flipped_ratios(w, z, settings["signs"], random)
    return {
        **code_statistics(w, x, *found),
        "positive": (z > 0).flatten(1).sum(1) / (z != 0).flatten(1).double().sum(1),
        "signs_mean": flipped.mean(1),
        "signs_spread": flipped.std(1),
        "predicted_mean": mean[:-1],
        "predicted_spread": spread[:-1],
        "predicted_variance": variance[:-1],  # of the squared ratio
        "even_spread": spread[-1:].expand(len(z)),  # predicted for a support spread evenly
        "flipped": flipped,
    }


if "snakemake" in globals():
    job.run(snakemake, recover_layer_codes)
