"""Table 4, image space: pictures decoded from original, reconstructed and other activations."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import h5py
import pandas as pd
import torch
from torch import Tensor

from cnninvert.decoders.decoder import Decoder
from cnninvert.operators.norms import norms
from machinery import job
from machinery.files import write_csv
from machinery.hdf5 import (
    DECODED,
    atomic_hdf5,
    check_datasets,
    damaged_file,
    finite,
    read_hdf5,
    read_photographs,
    write_row,
    write_rows,
)
from machinery.progress import progress
from paper.data.activations import Activations
from paper.device import use_device
from paper.table4.decoder_file import load_decoder
from paper.table4.decoding import read_places
from paper.table4.errors import error_table
from paper.table4.switch_controls import mean_activations, shuffled


def decode_pictures(
    photographs: Path,
    activations: Path,
    reconstructions: list[Path],
    originals: list[Path],
    decoder: Path,
    layer: str,
    switches: str,
    part: str,
    seed: int,
    gpu: int,
    pictures: Path,
    errors: Path,
) -> None:
    """``part``: one_step, which decodes the original activations as well; iht; codes; or controls,
    with wrong switches and wrong activations. ``reconstructions``: the part's, none of controls;
    ``originals``: the pictures of one_step, for the other parts.
    """
    device = use_device(gpu)
    model, source = load_decoder(decoder, device), Activations(activations)
    means = mean_activations(source, layer).to(device) if part == "controls" else None
    rows = []
    with torch.inference_mode(), ExitStack() as stack:
        file = stack.enter_context(read_photographs(photographs, "test"))
        decoded = [
            stack.enter_context(read_hdf5(path, {"original": DECODED})) for path in originals
        ]
        output = stack.enter_context(atomic_hdf5(pictures))
        paths = file["test_path"][:]
        if paths.tolist() != source.file["images"][:].tolist():
            raise damaged_file(activations, f"it is of other photographs than {photographs}")
        write_rows(output, "paths", 0, len(paths), paths)
        stored: dict[str, h5py.Dataset] = {}
        for path in reconstructions:
            maps = stack.enter_context(read_hdf5(path, {}))
            check_datasets(path, maps, dict.fromkeys(maps, ("f", (None, *source.shape(layer)))))
            stored.update(maps)
        # Some reconstructions are of the first few photographs only.
        count = max(map(len, stored.values()), default=len(paths))
        for number in progress(range(count), "photographs decoded"):
            photograph = torch.from_numpy(file["test"][number : number + 1]).to(device) / 255
            x = source.read(layer, "output", number, number + 1).to(device)
            encoded = {
                name: torch.from_numpy(finite(data, number, number + 1)).to(device)
                for name, data in stored.items()
            }
            if part == "one_step":
                encoded = {"original": x, **encoded}
            if part == "controls":
                found = controls(model, source, x, means[number : number + 1], number, seed)
                encoded = {"constant": means[number : number + 1].expand_as(x)}
            else:
                found = decode(model, source, encoded, number)
            results = torch.stack(list(found.values()))
            first = results[:1]
            if decoded:
                first = torch.from_numpy(finite(decoded[0]["original"], number, number + 1))
            table = pd.DataFrame({"method": list(found)})
            table = table.assign(layer=layer, decoder=switches, image=paths[number].decode())
            table["activation_error"] = [
                float(norms(encoded.get(name, x) - x) / norms(x)) for name in found
            ]
            rows.append(error_table(table, results, photograph, first.to(device)))
            for name, picture in found.items():
                write_row(output, name, number, count, picture.cpu().numpy())
    write_csv(errors, pd.concat(rows))


def decode(
    decoder: Decoder, activations: Activations, encoded: Mapping[str, Tensor], number: int
) -> dict[str, Tensor]:
    """Pictures (3, H, W) of all that is ``encoded``, with the photograph's switches."""
    places = read_places(activations, decoder, number, number + 1)
    # One batch shares the switches.
    pictures = decoder(torch.cat(list(encoded.values())), places)
    return dict(zip(encoded, pictures, strict=True))


def controls(
    decoder: Decoder, activations: Activations, x: Tensor, mean: Tensor, number: int, seed: int
) -> dict[str, Tensor]:
    """Pictures (3, H, W) of a constant activation with the photograph's switches, and of the
    photograph's activation ``x`` with its switches shuffled, and with another photograph's."""
    places = read_places(activations, decoder, number, number + 1)
    other = (number + 1) % len(activations)
    pairs = {
        "constant": (mean.expand_as(x), places),
        "shuffled": (x, shuffled(places, seed, number)),
        "others": (x, read_places(activations, decoder, other, other + 1)),
    }
    return {name: decoder(*pair)[0] for name, pair in pairs.items()}


if "snakemake" in globals():
    job.run(snakemake, decode_pictures)
