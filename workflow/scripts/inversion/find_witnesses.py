"""Pairs of pictures that a layer does not tell apart: from one photograph towards the next one."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cnninvert.inversion.agreement import agreement
from cnninvert.inversion.known import observe
from cnninvert.inversion.witness import walk
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.errors import input_errors
from machinery.progress import progress
from paper.device import use_device
from paper.inversion import pictures_file
from paper.inversion.methods import METHODS
from paper.network.pictures import crops
from paper.network.prepared import read_prepared


def find_witnesses(
    prepared: Path,
    folder: Path,
    names: Path,
    place: str,
    method: str,
    settings: dict,
    gpu: int,
    checkpoints: Checkpoints,
    pictures: Path,
    errors: Path,
) -> None:
    """``place``: the layer's name. ``settings``: side, images, distance and steps."""
    device, side, count = use_device(gpu), settings["side"], settings["images"]
    network, preprocessing = read_prepared(prepared, device, side)
    precise, _ = read_prepared(prepared, device, side, torch.float64)
    with input_errors("name layers of the network in witnesses.layers"):
        network.layer(place)
    listed = pd.read_csv(names)["path"].tolist()[: count + 1]
    photographs = crops(folder, listed, side).to(device)
    x = (photographs / 255).double()

    def work(number: int) -> Arrays:
        one, other = x[number : number + 1], x[number + 1 : number + 2]
        steps = progress(range(settings["steps"]), "steps")
        found = walk(
            *(network, precise, place, one, other, preprocessing),
            switches=METHODS[method].switches,
            distance=settings["distance"],
            steps=settings["steps"],
            callback=lambda *_: next(steps, None),
        )
        # Once more, from the picture alone, by the network as it is.
        truth = observe(precise, preprocessing.normalise(one), place)
        values, switches = agreement(precise, truth, found.picture, preprocessing)
        numbers = {
            "distance": found.distance,
            "to_the_other": ((found.picture - other).norm() / other.norm()).item(),
            "value_error": values.item(),
            "order_error": found.order_error,
            "switch_error": switches.item(),
            "steps": found.steps,
        }
        return {
            "pictures": found.picture.float().cpu().numpy(),
            **{name: np.array([number]) for name, number in numbers.items()},
        }

    results = [found for _, found in checkpoints.parts(range(count), work, "photographs")]
    columns = {name: np.concatenate([found[name] for found in results]) for name in results[0]}
    found = columns.pop("pictures")
    shown = photographs[:count].cpu().numpy()
    pictures_file.write(pictures, errors, listed[:count], shown, found, columns)


if "snakemake" in globals():
    job.run(snakemake, find_witnesses)
