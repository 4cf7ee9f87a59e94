"""Every guarantee for every layer of a network: what it needs, what was measured."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from cnninvert.networks.graph import Layer, Output, TracedNetwork
from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.theory.spanning import spanned_share
from cnninvert.theory.uniqueness import stripe_sparsity
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import write_csv
from machinery.progress import progress
from paper.device import use_device
from paper.network.audit import ONLY_OF, Activity, audit, reach_in_codes, verdict
from paper.network.pictures import listed, pictures
from paper.network.places import LAID_OVER, activation_after, convolutions
from paper.network.prepared import read_prepared
from paper.seeds import generator
from paper.theorem31 import constant

POOL = ModelProjection(LAID_OVER, magnitude="signed")
# Of the activations whose injectivity is known, where they saturate.
CEILINGS = {"relu": float("inf"), "relu6": 6.0}


def audit_network(
    prepared: Path,
    folder: Path,
    names: Path,
    theorem31: Path,
    settings: dict,
    seed: int,
    checkpoints: Checkpoints,
    gpu: int,
    guarantees: Path,
) -> None:
    """A row a convolution, kind of filters (its own, and Gaussian ones) and guarantee."""
    device = use_device(gpu)
    network, preprocessing = read_prepared(prepared, device)
    chosen = listed(names, 0, settings["step_images"])
    c = constant(pd.read_csv(theorem31))
    numbers = {layer.name: number for number, layer in enumerate(convolutions(network))}

    def measure(layer: Layer) -> Arrays:
        number, learned = numbers[layer.name], layer.module.weight.contiguous()
        gaussian = gaussian_filters(tuple(learned.shape), generator(seed, 3, number, 0)).to(device)
        rows = []
        for kind, filters in (("learned", learned), ("gaussian", gaussian)):
            w = _on_a_crop(layer, filters, settings["side"])
            activity = activities.get(layer.name)
            found = audit(w, activity, settings["codes"], c, generator(seed, 4))
            rows += [(kind, *row) for row in found if ONLY_OF.get(row[0], kind) == kind]
        columns = zip(*rows, strict=True)
        titles = ("filters", "guarantee", "needs", "measured")
        return {title: np.array(values) for title, values in zip(titles, columns, strict=True)}

    with torch.inference_mode():
        shown = (pictures(folder, [name], preprocessing).to(device) for name in chosen)
        each = [
            _activities(network, picture) for picture in progress(shown, "photographs", len(chosen))
        ]
        activities = {
            name: Activity(*np.mean([found[name] for found in each], 0).tolist())
            for name in each[0]
        }
        parts = [
            pd.DataFrame(found).assign(layer=layer.name)
            for layer, found in checkpoints.parts(network.convolutions, measure, "convolutions")
        ]
    table = pd.concat(parts, ignore_index=True)
    verdicts = map(verdict, table["guarantee"], table["needs"], table["measured"])
    table[["factor", "verdict"]] = list(verdicts)
    write_csv(guarantees, table[["layer", *table.columns.drop("layer")]])


def _on_a_crop(layer: Layer, filters: Tensor, side: int) -> Convolution:
    """W for maps of ``side`` places, or fewer where the layer's are smaller; never padded.

    Codes on it are codes on the whole map, so that its worst one bounds the layer's delta.
    """
    conv = layer.module
    sizes = [
        (min(side, places) - 1) * stride + dilation * (taps - 1) + 1
        for places, stride, dilation, taps in zip(
            layer.shape[1:], conv.stride, conv.dilation, conv.kernel_size, strict=True
        )
    ]
    geometry = {"stride": conv.stride, "dilation": conv.dilation, "groups": conv.groups}
    return Convolution(unit_norm(filters), tuple(sizes), **geometry)


def _activities(network: TracedNetwork, picture: Tensor) -> dict[str, tuple[float, ...]]:
    """``Activity``'s numbers for each convolution with an activation, on one picture."""
    convolutions = {}
    for layer in network.convolutions:
        after = activation_after(network, layer)
        if after is not None:
            convolutions.setdefault(after.name, layer)
    found = {}
    for output in network.run(picture):
        layer = convolutions.get(output.layer.name)
        if layer is None:
            continue
        values = output.values.clamp_min(0)
        code = POOL(values)
        nonzeros = float((code != 0).sum())
        regions = code.shape[1] * np.prod([-(-size // LAID_OVER) for size in code.shape[2:]])
        groups = code.unflatten(1, (layer.module.groups, -1)).flatten(0, 1)
        w = _on_a_crop(layer, layer.module.weight, 1)
        stripe = float(stripe_sparsity(groups, reach_in_codes(w)).max())
        active, spanned = _passed(network, layer, output)
        places = float(np.prod(code.shape[2:]))
        share = nonzeros / float(regions)
        found[layer.name] = (active, spanned, nonzeros, share, stripe, places)
    return found


def _passed(network: TracedNetwork, layer: Layer, output: Output) -> tuple[float, float]:
    """The shares of responses that are let through, and of a square that their filters span.

    NaN where the theory does not reach: another activation, padding with anything but zeros.
    """
    ceiling = CEILINGS.get(output.layer.operation.lower().strip("_"))
    if ceiling is None:
        return float("nan"), float("nan")
    active = (output.values > 0) & (output.values < ceiling)
    try:
        spanned = spanned_share(network.operator(layer.name), active[0])
    except ValueError:
        spanned = float("nan")
    return float(active.float().mean()), spanned


if "snakemake" in globals():
    job.run(snakemake, audit_network)
