"""The same activations through a trained decoder, for comparison."""

from pathlib import Path

import pandas as pd
import torch

from cnninvert.inversion.known import observe
from machinery import job
from machinery.progress import progress
from paper.device import use_device
from paper.inversion import pictures_file
from paper.network.pictures import crops, listed
from paper.network.prepared import read_prepared
from paper.table4.decoder_file import load_decoder


@torch.inference_mode()
def decode_activations(
    prepared: Path,
    folder: Path,
    names: Path,
    decoder: Path,
    place: str,
    settings: dict[str, int],
    gpu: int,
    pictures: Path,
    errors: Path,
) -> None:
    device = use_device(gpu)
    network, preprocessing = read_prepared(prepared, device, settings["side"])
    model = load_decoder(decoder, device)
    chosen = listed(names, 0, settings["images"])
    found, shown, columns = [], [], []
    for name in progress(chosen, "photographs decoded"):
        image = crops(folder, [name], settings["side"]).to(device)
        truth = observe(network, preprocessing(image), place)
        places = {
            pool: network.regions(pool).places(indices) for pool, indices in truth.indices.items()
        }
        picture = model(truth.values, places).clamp(0, 1)
        errors_found = pictures_file.errors_of(network, truth, picture, image, preprocessing)
        columns.append({key: each.item() for key, each in errors_found.items()})
        shown.append(image.cpu())
        found.append(picture.cpu())
    table = pd.DataFrame(columns).to_dict("list")
    arrays = [torch.cat(each).numpy() for each in (shown, found)]
    pictures_file.write(pictures, errors, chosen, *arrays, table)


if "snakemake" in globals():
    job.run(snakemake, decode_activations)
