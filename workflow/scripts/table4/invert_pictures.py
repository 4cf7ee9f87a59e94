"""Table 4, image space, without a decoder: the same activations and switches, inverted."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from cnninvert.inversion.known import Known, observe
from cnninvert.inversion.natural import BRIGHTNESS
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.norms import norms
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import write_csv
from machinery.hdf5 import (
    atomic_hdf5,
    check_datasets,
    finite,
    read_hdf5,
    read_photographs,
    write_rows,
)
from paper.device import use_device
from paper.inversion.logged import invert_logged
from paper.networks import load_network
from paper.table4.errors import error_table
from paper.traced import trace_network


def invert_pictures(
    photographs: Path,
    weights: Path,
    reconstructions: Path,
    layer: str,
    images: int,
    evaluations: int,
    gpu: int,
    checkpoints: Checkpoints,
    pictures: Path,
    errors: Path,
) -> None:
    """Of the first ``images`` photographs: the original activation of the pool ``layer``, and each
    of its ``reconstructions``, with the photograph's switches.
    """
    device = use_device(gpu)
    network, preprocessing = trace_network(load_network(weights, device))
    with ExitStack() as stack:
        file = stack.enter_context(read_photographs(photographs, "test"))
        maps = stack.enter_context(read_hdf5(reconstructions, {}))
        kind = ("f", (None, *network.layer(layer).shape))
        check_datasets(reconstructions, maps, dict.fromkeys(maps, kind))
        count = min(images, len(file["test"]))
        paths = file["test_path"][:count]

        def photograph(number: int) -> Tensor:
            return torch.from_numpy(file["test"][number : number + 1]).to(device)

        def work(number: int) -> Arrays:
            truth = observe(network, preprocessing(photograph(number)), layer)
            encoded = [finite(maps[name], number, number + 1) for name in maps]
            x_hat = torch.from_numpy(np.concatenate(encoded)).to(device)
            found = invert_all(network, preprocessing, truth, x_hat, evaluations)
            distances = norms(x_hat - truth.values) / norms(truth.values)
            return {"pictures": found.cpu().numpy(), "distances": distances.cpu().numpy()}

        names = ["original", *maps]
        output = stack.enter_context(atomic_hdf5(pictures))
        write_rows(output, "paths", 0, count, paths)
        tables = []
        for number, found in checkpoints.parts(range(count), work, "photographs"):
            for name, picture in zip(names, found["pictures"], strict=True):
                write_rows(output, name, number, count, picture[None])
            about = pd.DataFrame({"method": names, "layer": layer, "decoder": "none"})
            about["image"] = paths[number].decode()
            about["activation_error"] = [0.0, *found["distances"]]
            results = torch.from_numpy(found["pictures"])
            x = photograph(number).cpu() / 255
            tables.append(error_table(about, results, x, results[:1]))
    write_csv(errors, pd.concat(tables))


def invert_all(
    network: TracedNetwork,
    preprocessing: Preprocessing,
    truth: Known,
    x_hat: Tensor,
    evaluations: int,
) -> Tensor:
    """Pictures (1 + B, 3, H, W) of the ``truth``'s values, and of the values ``x_hat`` (B, ...)."""
    original = invert_logged(network, truth, preprocessing, evaluations)
    indices = {name: each.expand(len(x_hat), -1, -1, -1) for name, each in truth.indices.items()}
    known = Known(truth.layer, x_hat, indices)
    # No picture has these activations: another start would not help.
    others = invert_logged(network, known, preprocessing, evaluations, BRIGHTNESS)
    return torch.cat([original.pictures, others.pictures])


if "snakemake" in globals():
    job.run(snakemake, invert_pictures)
