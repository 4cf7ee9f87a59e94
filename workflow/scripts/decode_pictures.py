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
from cnninvert.decoding import eight_bit, read_places
from cnninvert.device import job_device
from cnninvert.files import write_csv
from cnninvert.hdf5 import (
    check_datasets,
    finite,
    read_hdf5,
    read_photographs,
    refusal,
    whole_hdf5,
    write_row,
    write_rows,
)
from cnninvert.method_datasets import method_and_bank
from cnninvert.metrics import Metrics, relative_errors
from cnninvert.norms import norms
from cnninvert.progress import progress
from cnninvert.switch_controls import mean_activations, shuffled


def main(snakemake):
    given, device = snakemake.input, job_device(snakemake)
    layer, switches = snakemake.wildcards.layer, snakemake.wildcards.switches
    decoder = Decoder.load(given.decoder, device)
    activations = Activations(given.activations)
    metrics = Metrics.load(given.networks, given.heads, device)
    means = mean_activations(activations, layer).to(device)
    errors, scores = [], []
    with torch.inference_mode(), ExitStack() as stack:
        photographs = stack.enter_context(read_photographs(given.photographs, "test"))
        pictures = stack.enter_context(whole_hdf5(snakemake.output.pictures))
        paths = photographs["test_path"][:]
        if paths.tolist() != activations.file["images"][:].tolist():
            raise refusal(given.activations, f"it is of other photographs than {given.photographs}")
        write_rows(pictures, "paths", 0, len(paths), paths)
        names = [name.decode() for name in paths]
        reconstructions = {}
        for path in (given.reconstructions, given.iht, given.codes):
            file = stack.enter_context(read_hdf5(path, {}))
            maps = ("f", (None, *activations.shape(layer)))
            check_datasets(path, file, dict.fromkeys(file, maps))
            reconstructions.update(file)
        for number in progress(range(len(names)), "photographs decoded"):
            photograph = torch.from_numpy(photographs["test"][number : number + 1]).to(device) / 255
            encoded = stored(activations, layer, reconstructions, number, device)
            if switches == "known":
                encoded["constant"] = means[number : number + 1].expand_as(encoded["original"])
            decoded = decode(activations, decoder, encoded, number, snakemake.params.seed)
            methods = [method_and_bank(name) for name in decoded]
            results = torch.stack(list(decoded.values()))
            keys = {"layer": layer, "decoder": switches, "image": names[number]}
            for reading, values in relative_errors(results, photograph, results[:1]).items():
                table = pd.DataFrame(methods, columns=["method", "bank"])
                table[["reference", "pixels"]] = reading
                errors.append(table.assign(**keys, error=values.cpu()))
            # One Gaussian bank of several has its pictures kept and all metrics computed.
            first = [name for name in decoded if method_and_bank(name)[1] == 0]
            results = torch.stack([decoded[name] for name in first])
            x = encoded["original"]
            table = pd.DataFrame({"method": [method_and_bank(name)[0] for name in first], **keys})
            table["activation_error"] = [
                float(norms(encoded.get(name, x) - x) / norms(x)) for name in first
            ]
            for metric, values in metrics(results, photograph).items():
                table[metric] = values.cpu()
            scores.append(table)
            for name, pixels in zip(first, eight_bit(results).cpu().numpy(), strict=True):
                count = len(reconstructions.get(name, names))
                write_row(pictures, method_and_bank(name)[0], number, count, pixels)
    columns = ["layer", "decoder", "image", "method", "bank", "reference", "pixels", "error"]
    write_csv(snakemake.output.errors, pd.concat(errors)[columns])
    columns = ["layer", "decoder", "image", "method", "activation_error", *metrics.names]
    write_csv(snakemake.output.metrics, pd.concat(scores)[columns])


def stored(
    activations: Activations,
    layer: str,
    reconstructions: Mapping[str, h5py.Dataset],
    number: int,
    device: torch.device,
) -> dict[str, Tensor]:
    """A photograph's activation, the original first, and all that was made of it: (1, C, h, w).

    Some reconstructions are of the first few photographs only.
    """
    found = {"original": activations.read(layer, "output", number, number + 1)}
    for name, data in reconstructions.items():
        if number < len(data):
            found[name] = torch.from_numpy(finite(data, number, number + 1))
    return {name: x.to(device) for name, x in found.items()}


def decode(
    activations: Activations,
    decoder: Decoder,
    encoded: Mapping[str, Tensor],
    number: int,
    seed: int,
) -> dict[str, Tensor]:
    """Pictures (3, H, W) of all that is ``encoded``, with the photograph's switches; and controls.

    These are its original activation with its switches shuffled, and with another photograph's.
    """
    places = read_places(activations, decoder, number, number + 1)
    # One batch shares the switches.
    pictures = decoder(torch.cat(list(encoded.values())), places)
    found = dict(zip(encoded, pictures, strict=True))
    if decoder.switches == "known":
        other = (number + 1) % len(activations)
        others = read_places(activations, decoder, other, other + 1)
        for name, wrong in (("shuffled", shuffled(places, seed, number)), ("others", others)):
            (found[name],) = decoder(encoded["original"], wrong)
    return found


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
