"""Pictures from the activations of one layer of a network, without a decoder."""

from pathlib import Path

import numpy as np
import torch

from cnninvert.inversion.known import Known, observe
from cnninvert.inversion.natural import BRIGHTNESS
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.errors import InputError, input_errors
from paper.device import use_device
from paper.inversion import pictures_file
from paper.inversion.logged import invert_logged
from paper.inversion.methods import METHODS, Method
from paper.network.pictures import crops, listed
from paper.network.prepared import read_prepared
from paper.seeds import generator
from paper.table4.filter_banks import noise_of_norm


def invert_activations(
    prepared: Path,
    folder: Path,
    names: Path,
    start: list[Path],
    place: str,
    method: str,
    settings: dict[str, int],
    seed: int,
    gpu: int,
    checkpoints: Checkpoints,
    pictures: Path,
    errors: Path,
) -> None:
    """``place``: the layer's name. ``settings``: side, images, batch and evaluations.

    ``start``: a file of decoded pictures, if the search starts from them.
    """
    device = use_device(gpu)
    network, preprocessing = read_prepared(prepared, device, settings["side"])
    chosen = listed(names, 0, settings["images"])
    with input_errors("name layers of the network in inversion.layers"):
        network.layer(place)
    decoded = pictures_file.read(*start)[2] if start else None
    firsts = range(0, len(chosen), settings["batch"])

    def work(first: int) -> Arrays:
        batch = slice(first, first + settings["batch"])
        images = crops(folder, chosen[batch], settings["side"]).to(device)
        truth = observe(network, preprocessing(images), place)
        if not truth.indices and METHODS[method].switches and not METHODS[method].values:
            raise InputError(
                f"no max-pooling comes before {place}, so that switches say nothing of it; leave "
                f"{method} out of inversion.methods, or {place} out of inversion.layers."
            )
        known = _known(truth, METHODS[method], seed, first)
        # No picture has noise for its values: another start would not help.
        begin = BRIGHTNESS if METHODS[method].noise else None
        if decoded is not None:
            begin = torch.from_numpy(decoded[batch]).to(device)
        found = invert_logged(network, known, preprocessing, settings["evaluations"], begin)
        result = {"photographs": images, "pictures": found.pictures}
        result |= {"converged": found.converged, "restarts": found.restarts}
        about = pictures_file.errors_of(network, truth, found.pictures, images, preprocessing)
        return {name: each.cpu().numpy() for name, each in result.items()} | about

    results = [found for _, found in checkpoints.parts(firsts, work, "batches")]
    columns = {name: np.concatenate([found[name] for found in results]) for name in results[0]}
    shown, found = columns.pop("photographs"), columns.pop("pictures")
    pictures_file.write(pictures, errors, chosen, shown, found, columns)


def _known(truth: Known, method: Method, seed: int, first: int) -> Known:
    """What the method is told of the ``truth``, of photographs from number ``first`` on."""
    values = truth.values if method.values else None
    if method.noise:
        noise = [
            noise_of_norm(each[None], generator(seed, 15, first + number))
            for number, each in enumerate(truth.values)
        ]
        values = torch.cat(noise)
    return Known(truth.layer, values, truth.indices if method.switches else {})


if "snakemake" in globals():
    job.run(snakemake, invert_activations)
