"""The rank of what each layer says of a photograph, against the number of its pixels."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cnninvert.inversion.equations import Equations
from cnninvert.inversion.horizon import numerical_rank, singular_values
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.errors import input_errors
from machinery.files import write_csv
from paper.device import use_device
from paper.inversion.layers import activations_and_poolings
from paper.network.pictures import crops
from paper.network.prepared import read_prepared

FLOORS = (1e-2, 1e-3, 1e-4)
POINTS = 101  # of each spectrum that are kept


def measure_horizon(
    prepared: Path,
    folder: Path,
    names: Path,
    number: str,
    settings: dict,
    gpu: int,
    checkpoints: Checkpoints,
    ranks: Path,
    spectra: Path,
) -> None:
    """Of photograph ``number``. ``settings``: layers, side and floor."""
    device = use_device(gpu)
    network, preprocessing = read_prepared(prepared, device, settings["side"])
    name = pd.read_csv(names)["path"][int(number)]
    picture = crops(folder, [name], settings["side"]).to(device) / 255
    with input_errors("name layers of the network in horizon.layers"):
        layers = activations_and_poolings(network, settings["layers"])

    def work(layer: str) -> Arrays:
        equations = Equations(
            network, layer, picture, preprocessing, switches=True, floor=settings["floor"]
        )
        jacobian = equations.jacobian()
        found = {
            "values": singular_values(jacobian[: equations.nonzeros]),
            "both": singular_values(jacobian),
        }
        counts = ("values", "nonzeros", "order", "active")
        return {
            "counts": np.array([getattr(equations, name) for name in counts]),
            **{known: each.cpu().numpy() for known, each in found.items()},
        }

    rows, points = [], []
    for layer, found in checkpoints.parts(layers, work, "layers"):
        counts = dict(zip(("values", "nonzeros", "order", "active"), found["counts"], strict=True))
        for known in ("values", "both"):
            values = torch.from_numpy(found[known])
            ranked = {f"rank, {floor:g}": numerical_rank(values, floor) for floor in FLOORS}
            about = {"layer": layer, "known": known, "image": name}
            rows.append({**about, "pixels": picture.numel(), **counts, **ranked})
            kept = np.linspace(0, len(values) - 1, min(POINTS, len(values))).round().astype(int)
            for at in np.unique(kept):
                share = (at + 1) / picture.numel()
                size = (values[at] / values[0]).item()
                points.append({**about, "index": share, "singular_value": size})
    write_csv(ranks, pd.DataFrame(rows))
    write_csv(spectra, pd.DataFrame(points))


if "snakemake" in globals():
    job.run(snakemake, measure_horizon)
