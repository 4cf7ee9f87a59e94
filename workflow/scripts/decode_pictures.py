"""Table 4, image space: pictures decoded from original, reconstructed and other activations."""

from collections.abc import Mapping
from contextlib import ExitStack

import h5py
import pandas as pd
import torch
from torch import Tensor

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.decoder import Decoder
from cnninvert.files import whole, write_csv, write_row
from cnninvert.layers import Pool
from cnninvert.methods import method_and_bank
from cnninvert.metrics import Metrics, relative_errors
from cnninvert.progress import progress
from cnninvert.rip import norms
from cnninvert.switch_controls import mean_activation, shuffled

Places = dict[str, Tensor]  # of every pool


def main(snakemake):
    given, device = snakemake.input, job.device(snakemake)
    layer, switches = snakemake.wildcards.layer, snakemake.wildcards.switches
    decoder = Decoder.load(given.decoder, device)
    activations = Activations(given.activations)
    metrics = Metrics.load(given.networks, given.heads, device)
    mean = mean_activation(activations, layer)
    errors, scores = [], []
    with torch.inference_mode(), ExitStack() as stack:
        photographs = stack.enter_context(h5py.File(given.photographs))
        part = stack.enter_context(whole(snakemake.output.pictures))
        pictures = stack.enter_context(h5py.File(part, "w"))
        reconstructions = {
            name: data
            for path in (given.reconstructions, given.iht, given.codes)
            for name, data in stack.enter_context(h5py.File(path)).items()
        }
        pictures["paths"] = photographs["test_path"][:]
        names = [name.decode() for name in pictures["paths"]]
        for number in progress(range(len(names)), "photographs decoded"):
            photograph = torch.from_numpy(photographs["test"][number : number + 1]).to(device) / 255
            encoded = reconstructed(activations, decoder, reconstructions, number)
            if switches == "known":
                encoded |= controls(activations, decoder, mean, number, snakemake.params.seed)
            x, places = stacked(encoded, device)
            decoded = decoder(x, places)

            methods = [method_and_bank(name) for name in encoded]
            keys = {"layer": layer, "decoder": switches, "image": names[number]}
            for reading, values in relative_errors(decoded, photograph, decoded[:1]).items():
                table = pd.DataFrame(methods, columns=["method", "bank"])
                table[["reference", "pixels"]] = reading
                errors.append(table.assign(**keys, error=values.cpu()))
            # One Gaussian bank of several has its pictures kept and all metrics computed.
            first = [index for index, (_, bank) in enumerate(methods) if bank == 0]
            table = pd.DataFrame({"method": [methods[index][0] for index in first], **keys})
            table["activation_error"] = (norms(x - x[:1]) / norms(x[:1]))[first].cpu()
            for metric, values in metrics(decoded[first], photograph).items():
                table[metric] = values.cpu()
            scores.append(table)
            for index, name in enumerate(encoded):
                method, bank = methods[index]
                if bank == 0:
                    count = len(reconstructions.get(name, names))
                    pixels = (decoded[index].clamp(0, 1) * 255).round().byte()
                    write_row(pictures, method, number, count, pixels.cpu().numpy())
    columns = ["layer", "decoder", "image", "method", "bank", "reference", "pixels", "error"]
    write_csv(snakemake.output.errors, pd.concat(errors)[columns])
    columns = ["layer", "decoder", "image", "method", "activation_error", *metrics.names]
    write_csv(snakemake.output.metrics, pd.concat(scores)[columns])


def reconstructed(
    activations: Activations,
    decoder: Decoder,
    reconstructions: Mapping[str, h5py.Dataset],
    number: int,
) -> dict[str, tuple[Tensor, Places]]:
    """A photograph's activation (1, C, h, w) and all that was made of it, with its switches.

    The original comes first.
    """
    own = read_places(activations, decoder, number)
    found = {"original": (activations.read(decoder.layer, "output", number, number + 1), own)}
    for name, data in reconstructions.items():
        if number < len(data):
            found[name] = (torch.from_numpy(data[number : number + 1]), own)
    return found


def controls(
    activations: Activations, decoder: Decoder, mean: Tensor, number: int, seed: int
) -> dict[str, tuple[Tensor, Places]]:
    """Its activation with wrong switches, and its switches with a ``mean`` activation."""
    x = activations.read(decoder.layer, "output", number, number + 1)
    own = read_places(activations, decoder, number)
    return {
        "shuffled": (x, shuffled(own, seed, number)),
        "others": (x, read_places(activations, decoder, (number + 1) % len(activations))),
        "constant": (mean, own),
    }


def stacked(
    encoded: Mapping[str, tuple[Tensor, Places]], device: torch.device
) -> tuple[Tensor, Places]:
    """All methods as one batch: activations (methods, C, h, w), and the switches of every pool."""
    activations, places = zip(*encoded.values(), strict=True)
    pools = {pool: torch.cat([each[pool] for each in places]).to(device) for pool in places[0]}
    return torch.cat(activations).to(device), pools


def read_places(activations: Activations, decoder: Decoder, number: int) -> Places:
    """The switches (1, C, h, w) of every pool that ``decoder`` undoes; none if it uses none."""
    if decoder.switches == "fixed":
        return {}
    return {
        step.name: activations.read(step.name, "places", number, number + 1)
        for step in decoder.steps
        if isinstance(step, Pool)
    }


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
