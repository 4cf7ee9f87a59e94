"""Table 4's activation space for any network: one IHT step wherever an activation is convolved."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from cnninvert.networks.graph import TracedNetwork
from cnninvert.operators.convolution import Convolution
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.operators.norms import norms
from cnninvert.solvers.one_step import one_step
from machinery import job
from machinery.errors import InputError
from machinery.files import write_csv
from machinery.progress import progress
from paper.device import use_device
from paper.network.banks import filter_banks
from paper.network.pictures import listed, pictures
from paper.network.places import Place, places
from paper.network.prepared import read_prepared
from paper.seeds import generator
from paper.table4.filter_banks import noise_of_norm
from paper.table4.reconstruction import scale_to


def measure_one_step(
    prepared: Path,
    folder: Path,
    names: Path,
    images: int,
    banks: int,
    seed: int,
    gpu: int,
    errors: Path,
) -> None:
    """Relative errors ||x - x^|| / ||x||, a row a place, filter bank and photograph."""
    device = use_device(gpu)
    network, preprocessing = read_prepared(prepared, device)
    chosen = listed(names, 0, images)
    if not (found := places(network)):
        raise InputError(
            "one_step: no activation of this network meets a convolution; name another one."
        )
    inputs = {place.convolution.inputs[0] for place in found}
    rows = []
    with torch.inference_mode():
        operators = [
            list(_operators(network, place, number, banks, seed))
            for number, place in enumerate(progress(found, "places prepared"))
        ]
        for image, name in enumerate(progress(chosen, "photographs")):
            picture = pictures(folder, [name], preprocessing).to(device)
            kept = {
                output.layer.name: output.values
                for output in network.run(picture, keep=inputs)
                if output.layer.name in inputs
            }
            for number, place in enumerate(found):
                x = kept[place.convolution.inputs[0]]
                project = ModelProjection(region=place.region, magnitude="signed")
                for kind, bank, w in operators[number]:
                    x_hat = scale_to(one_step(w, x, project), x)
                    error = float(norms(x - x_hat) / norms(x))
                    rows.append((place.convolution.name, kind, bank, image, error))
                noise = noise_of_norm(x, generator(seed, 13, number, image))
                error = float(norms(x - noise) / norms(x))
                rows.append((place.convolution.name, "noise", 0, image, error))
    about = pd.DataFrame(
        {
            "layer": place.convolution.name,
            "input": place.convolution.inputs[0],
            "activation": place.activation.operation,
            "region": place.region,
            "pooled": place.pooled,
        }
        for place in found
    )
    table = pd.DataFrame(rows, columns=["layer", "kind", "bank", "image", "error"])
    write_csv(errors, table.merge(about, on="layer"))


def _operators(
    network: TracedNetwork, place: Place, number: int, banks: int, seed: int
) -> Iterator[tuple[str, int, Convolution]]:
    """Kind and number of each filter bank, and W with its filters."""
    learned = place.convolution.module.weight.contiguous()
    draws = _draws(place, seed, number)
    for kind, bank, filters in filter_banks(learned, banks, draws, seed, number):
        yield kind, bank, network.operator(place.convolution.name, filters)


def _draws(place: Place, seed: int, number: int) -> Callable[[int], torch.Generator]:
    """Right after the i-th pooling, VGG-16's Gaussian banks are those of Table 4."""
    if place.after_pool:
        return partial(generator, seed, 6, place.pools)
    return partial(generator, seed, 14, number)


if "snakemake" in globals():
    job.run(snakemake, measure_one_step)
