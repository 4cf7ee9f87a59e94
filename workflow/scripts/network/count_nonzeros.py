"""Table 2 for any network: non-zeros after each layer, of a part of the photographs.

Photographs are read a batch at a time and not kept: their number costs time only.
"""

from pathlib import Path

import pandas as pd
import torch

from machinery import job
from machinery.files import write_csv
from machinery.progress import progress
from paper.device import use_device
from paper.network.pictures import pictures
from paper.network.prepared import read_prepared

# Layers whose values are zero by accident only.
DENSE = ("convolution", "linear", "batch_norm")


def count_nonzeros(
    prepared: Path, folder: Path, names: Path, scatteritem: str, batch: int, gpu: int, counts: Path
) -> None:
    """A row a photograph, a column a layer. ``scatteritem``: say, 2-of-8, of all batches."""
    device = use_device(gpu)
    network, preprocessing = read_prepared(prepared, device)
    listed = pd.read_csv(names)["path"].tolist()
    first, parts = (int(number) for number in scatteritem.split("-of-"))
    starts = range((first - 1) * batch, len(listed), parts * batch)
    layers = [each.name for each in network.layers.values() if measured(each)]
    rows = []
    with torch.inference_mode():
        for start in progress(starts, "batches"):
            some = listed[start : start + batch]
            x = pictures(folder, some, preprocessing).to(device)
            found = {
                output.layer.name: (output.values != 0).flatten(1).sum(1)
                for output in network.run(x)
                if measured(output.layer)
            }
            columns = {name: found[name].tolist() for name in layers}
            rows.append(pd.DataFrame({"image": range(start, start + len(some)), **columns}))
    empty = pd.DataFrame(columns=["image", *layers])
    write_csv(counts, pd.concat(rows) if rows else empty)


def measured(layer) -> bool:
    return layer.kind not in DENSE and len(layer.shape) == 3


if "snakemake" in globals():
    job.run(snakemake, count_nonzeros)
