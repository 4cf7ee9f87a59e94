"""Figure 3 for any network: model-RIP ratios of random codes, and of codes of its own inputs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from cnninvert.networks.graph import INPUT, Layer, TracedNetwork
from cnninvert.networks.layer_input import random_crop
from cnninvert.operators.convolution import Convolution, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.solvers.algorithm2 import recover_codes
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import read_csv, write_csv
from paper.device import use_device
from paper.figure3 import code_statistics, model_k, random_ratios
from paper.network.banks import filter_banks
from paper.network.pictures import listed, pictures
from paper.network.places import LAID_OVER, activation_after, activation_before, convolutions
from paper.network.prepared import read_prepared
from paper.seeds import generator

COLUMNS = ("kind", "bank", "code", "ratio")
PROJECT = ModelProjection(region=LAID_OVER, magnitude="absolute")


def measure_network_rip(
    prepared: Path,
    sparsity: Path,
    folder: Path,
    names: Path,
    settings: dict,
    solver: dict,
    seed: int,
    checkpoints: Checkpoints,
    gpu: int,
    ratios: Path,
) -> None:
    """A row a convolution, filter bank and code. ``solver``: Figure 3's lambda, gap, iterations."""
    device = use_device(gpu)
    network, preprocessing = read_prepared(prepared, device)
    shares = read_csv(sparsity).set_index("layer")["nonzeros"]
    chosen = listed(names, 0, settings["code_images"])
    numbers = {layer.name: number for number, layer in enumerate(convolutions(network))}

    def measure(layer: Layer) -> Arrays:
        number = numbers[layer.name]
        x = inputs[layer.name]
        learned, gaussian = layer.module.weight.contiguous(), partial(generator, seed, 5, number)
        k = _count(network, layer, shares)
        rows = []
        for kind, bank, filters in filter_banks(learned, settings["banks"], gaussian, seed, number):
            w = network.operator(layer.name, filters)
            random = generator(seed, 4)
            found = random_ratios(w, k, settings["codes"], random, LAID_OVER) if k else []
            rows += [(kind, bank, "random", ratio) for ratio in found]
            if bank == 0:
                found = _recovered(layer, filters, x, solver)
                rows += [(kind, bank, "recovered", ratio) for ratio in found]
        return {name: np.array([row[at] for row in rows]) for at, name in enumerate(COLUMNS)}

    tables = []
    with torch.inference_mode():
        shown = (pictures(folder, [name], preprocessing).to(device) for name in chosen)
        crops = [
            _crops(network, picture, settings["side"], partial(generator, seed, 15, image))
            for image, picture in enumerate(shown)
        ]
        inputs = {name: torch.cat([each[name] for each in crops]) for name in numbers}
        for layer, found in checkpoints.parts(network.convolutions, measure, "convolutions"):
            tables.append(pd.DataFrame(found).assign(layer=layer.name))
    write_csv(ratios, pd.concat(tables))


def _count(network: TracedNetwork, layer: Layer, shares: pd.Series) -> int:
    """k: as many non-zeros as the activations before the layer have, or else those after it."""
    source = activation_before(network, layer) or activation_after(network, layer)
    if source is None or source.name not in shares:
        return 0
    return model_k(layer.shape, float(shares[source.name]), LAID_OVER)


def _crops(
    network: TracedNetwork, picture: Tensor, side: int, random: Callable[[], torch.Generator]
) -> dict[str, Tensor]:
    """A crop of each convolution's input on ``picture`` (1, 3, H, W), by the convolution's name."""
    takers: dict[str, list[Layer]] = {}
    for layer in network.convolutions:
        takers.setdefault(layer.inputs[0], []).append(layer)
    found = {layer.name: _crop(layer, picture, side, random()) for layer in takers.get(INPUT, ())}
    for output in network.run(picture):
        for layer in takers.get(output.layer.name, ()):
            found[layer.name] = _crop(layer, output.values, side, random())
    return found


def _crop(layer: Layer, x: Tensor, side: int, random: torch.Generator) -> Tensor:
    """(1, M, D, D): of the input ``x`` (1, M, H, W) of ``layer``, what ``side`` places see."""
    conv = layer.module
    reach = max(
        step * (taps - 1) + 1 for step, taps in zip(conv.dilation, conv.kernel_size, strict=True)
    )
    places = (min(x.shape[2:]) - reach) // max(conv.stride) + 1
    size = (min(side, places) - 1) * max(conv.stride) + reach
    # A copy, for the network may go on in place.
    return (random_crop(x, size, random) if places > 0 else x).clone()


def _recovered(layer: Layer, filters: Tensor, x: Tensor, solver: dict) -> list[float]:
    """Ratios of the codes that Algorithm 2 finds for ``x``; none where it cannot be applied."""
    conv = layer.module
    geometry = {"stride": conv.stride, "dilation": conv.dilation, "groups": conv.groups}
    try:
        w = Convolution(unit_norm(filters), tuple(x.shape[2:]), **geometry).plain()
    except ValueError:
        return []
    found = recover_codes(w, x, PROJECT, solver["lambda"], solver["gap"], solver["iterations"])
    return code_statistics(w, x, *found)["ratio"].tolist()


if "snakemake" in globals():
    job.run(snakemake, measure_network_rip)
