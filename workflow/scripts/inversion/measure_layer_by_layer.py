"""Each convolution's input, layer by layer: how far it is from the truth, alone and in a chain."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from cnninvert.inversion.known import layers_up_to, observe
from cnninvert.inversion.layer_by_layer import Undone, undo_layers
from cnninvert.networks.graph import INPUT, TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.norms import norms
from machinery import job
from machinery.errors import input_errors
from machinery.files import write_csv
from machinery.progress import progress
from paper.device import use_device
from paper.network.pictures import crops, listed
from paper.network.prepared import read_prepared


@torch.no_grad()
def measure_layer_by_layer(
    prepared: Path,
    folder: Path,
    names: Path,
    last: str,
    settings: dict[str, int],
    gpu: int,
    errors: Path,
) -> None:
    """From the layer ``last`` back. ``settings``: side, images and iterations."""
    device = use_device(gpu)
    network, preprocessing = read_prepared(prepared, device, settings["side"])
    chosen = listed(names, 0, settings["images"])
    rows = []
    with input_errors("name a network that is a chain of convolutions, or other layers"):
        layers = layers_up_to(network, last)
        for name in progress(chosen, "photographs"):
            x = preprocessing(crops(folder, [name], settings["side"]).to(device))
            truth = {INPUT: x}
            for output in network.run(x, last=last, keep={layer.name for layer in layers}):
                truth[output.layer.name] = output.values
            for how, found in undone(network, preprocessing, x, last, settings["iterations"]):
                rows.append({"image": name, "how": how, **about(network, truth, found)})
    write_csv(errors, pd.DataFrame(rows))


def undone(
    network: TracedNetwork, preprocessing: Preprocessing, x: Tensor, last: str, iterations: int
) -> Iterator[tuple[str, Undone]]:
    """All layers in turn, and each one by itself, from its true outputs."""
    for found in undo_layers(network, observe(network, x, last), preprocessing, iterations):
        yield "chain", found
    for layer in reversed(layers_up_to(network, last)):
        if layer.kind == "convolution":
            # Its outputs are known at the next pooling, or behind its ReLU.
            known = layer
            while (after := network.after(known.name)) and known.name != last:
                if after[0].kind == "convolution":
                    break
                known = after[0]
            seen = observe(network, x, known.name)
            yield "alone", next(undo_layers(network, seen, preprocessing, iterations))


def about(network: TracedNetwork, truth: dict[str, Tensor], found: Undone) -> dict:
    source = network.layer(found.layer).inputs[0]
    true = truth[source]
    return {
        "layer": found.layer,
        "input": source,
        "unknowns": true.numel(),
        "nonzeros": int((true != 0).sum()),
        "equations": found.equations,
        "error": (norms(found.found - true) / norms(true)).item(),
    }


if "snakemake" in globals():
    job.run(snakemake, measure_layer_by_layer)
