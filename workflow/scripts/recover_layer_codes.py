"""Figure 3 for one layer: codes of crops of its real input, their ratios and the predicted ones."""

from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from cnninvert import job
from cnninvert.algorithm2 import recover_codes, statistics
from cnninvert.convolution import Convolution
from cnninvert.crops import crop_size, layer_input, random_crop
from cnninvert.device import generator, job_device
from cnninvert.factorisation import Factorisation
from cnninvert.files import forget, write_csv
from cnninvert.hdf5 import read_photographs
from cnninvert.model_sparsity import ModelProjection
from cnninvert.networks import Network
from cnninvert.random_signs import flipped_ratios, ratio_moments, square_variance
from cnninvert.resumable import resumable
from cnninvert.vgg_filters import operator

# Regions of 2 x 2 that do not overlap, in every layer: most have no pool, and AlexNet's overlap.
PROJECT = ModelProjection(region=2, magnitude="absolute")


def main(snakemake):
    names = {key: snakemake.wildcards[key] for key in ("architecture", "layer", "filters")}
    settings, seed = snakemake.params.settings, snakemake.params.seed
    network = Network(snakemake.input.weights, job_device(snakemake))
    number = [conv.name for conv in network.convolutions].index(names["layer"])
    state, tables = Path(snakemake.params.state), []
    with torch.inference_mode():
        w = operator(network, names["layer"], names["filters"], seed, padding="valid")
        with read_photographs(snakemake.input.photographs, "test") as file:
            images = torch.from_numpy(file["test"][: settings["images"]])
        # The same places for all banks, and the same signs for all lambdas.
        random = generator(seed, 8, number)
        x = crops(network, names["layer"], w, images, settings["side"], random)
        factorisation = Factorisation(w, x.shape[-1])

        def recover(fraction):
            random = generator(seed, 9, number)
            columns = measure(factorisation, x, fraction, settings, random)
            return {name: values.cpu().numpy() for name, values in columns.items()}

        lambdas = snakemake.params.lambdas
        for fraction, found in resumable(
            lambdas, recover, state, job.identity(snakemake), "lambdas"
        ):
            flipped = found.pop("flipped")
            table = pd.DataFrame(found).rename_axis("image").reset_index()
            tables.append(table.assign(**{"lambda": fraction}))
            if fraction == settings["lambda"]:
                signs = pd.DataFrame(flipped).rename_axis("image").reset_index()
                signs = signs.melt("image", var_name="copy", value_name="ratio")
    table = pd.concat(tables)
    late = int((~(table["converged"] & table["free_converged"])).sum())
    if late:
        job.log.warning(
            "%d of %d codes stopped at rip.iterations = %d before the gap of %g",
            *(late, len(table), settings["iterations"], settings["gap"]),
        )
    for path, rows in ((snakemake.output.ratios, table), (snakemake.output.signs, signs)):
        write_csv(path, rows.assign(**names))
    forget(state)


def crops(
    network: Network,
    layer: str,
    w: Convolution,
    images: Tensor,
    side: int,
    random: torch.Generator,
) -> Tensor:
    """(B, M, D, D): a crop of the input of ``layer`` for each of ``images``, uint8 (B, 3, H, W).

    Their codes have ``side`` places an axis, or as many as the maps have.
    """
    cut = []
    for image in images.split(1):  # since whole maps of the early layers are large
        x = layer_input(network, layer, image.to(w.filters.device))
        cut.append(random_crop(x, crop_size(w, side, x.shape[-1]), random))
    return torch.cat(cut)


def measure(
    factorisation: Factorisation,
    x: Tensor,
    fraction: float,
    settings: dict,
    random: torch.Generator,
) -> dict[str, Tensor]:
    """Statistics (B,) of the codes of ``x`` (B, M, D, D); ``flipped``: (B, copies) of random signs.

    ``fraction``: lambda as a share of lambda_max.
    """
    w, size = factorisation.operator, x.shape[-1]
    codes, free = recover_codes(
        *(w, x, PROJECT, fraction, settings["gap"], settings["iterations"], factorisation)
    )
    z = codes.z
    variance = square_variance(w, torch.cat([z, torch.ones_like(z[:1])]))
    mean, spread = ratio_moments(variance)
    flipped = flipped_ratios(w, z, size, settings["signs"], random)
    return {
        **statistics(w, x, codes, free),
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
    job.run(snakemake, main, torch=True)
