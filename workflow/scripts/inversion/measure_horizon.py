"""The rank of what each layer says of a photograph, against the number of its pixels."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cnninvert.inversion.equations import Equations
from cnninvert.inversion.horizon import numerical_rank, pixels_read, singular_values
from cnninvert.inversion.inertia import rank_shares, step_count
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.errors import input_errors
from machinery.files import write_csv
from machinery.progress import counter
from paper.device import use_device
from paper.inversion.layers import activations_and_poolings
from paper.network.pictures import crops, listed
from paper.network.prepared import read_prepared
from paper.seeds import generator

FLOORS = (1e-2, 1e-3, 1e-4)
COUNTS = ("values", "nonzeros", "order", "active")
POINTS = 101  # of each spectrum that are kept


def measure_horizon(
    prepared: Path,
    folder: Path,
    names: Path,
    number: str,
    settings: dict,
    seed: int,
    gpu: int,
    checkpoints: Checkpoints,
    ranks: Path,
    spectra: Path,
) -> None:
    """Of photograph ``number``. ``settings``: layers, side, floor, probes and lanczos."""
    device, probes = use_device(gpu), settings["probes"]
    precision = torch.float64 if probes else torch.float32
    network, preprocessing = read_prepared(prepared, device, settings["side"])
    if probes:
        network = network.double()
    (name,) = listed(names, int(number), 1)
    picture = crops(folder, [name], settings["side"]).to(device, precision) / 255
    with input_errors("name layers of the network in horizon.layers"):
        layers = activations_and_poolings(network, settings["layers"])
    pixels = {"pixels": picture.numel(), "read": pixels_read(network, picture)}

    def work(layer: str) -> Arrays:
        def equations(switches: bool) -> Equations:
            about = (network, layer, picture, preprocessing)
            return Equations(*about, switches=switches, floor=settings["floor"])

        every = equations(True)
        found = {"counts": np.array([getattr(every, name) for name in COUNTS])}
        if probes:
            return found | {"values": _estimated(equations(False), settings, seed, int(number))}
        jacobian = every.jacobian()
        return found | {
            "values": singular_values(jacobian[: every.nonzeros]).cpu().numpy(),
            "both": singular_values(jacobian).cpu().numpy(),
        }

    rows, points = [], []
    for layer, found in checkpoints.parts(layers, work, "layers"):
        counts = dict(zip(COUNTS, found["counts"], strict=True))
        for known in ("values",) if probes else ("values", "both"):
            about = {"layer": layer, "known": known, "image": name}
            of_known = _row_of_ranks if probes else _row_of_spectrum
            row, spectrum = of_known(found[known], picture.numel())
            rows.append({**about, **pixels, **counts, **row})
            points += [
                {**about, "index": index, "singular_value": size} for index, size in spectrum
            ]
    write_csv(ranks, pd.DataFrame(rows))
    write_csv(spectra, pd.DataFrame(points))


def _estimated(equations: Equations, settings: dict, seed: int, number: int) -> np.ndarray:
    """A row a floor: the floor, the share of singular values above it, its standard error."""
    steps = settings["lanczos"]
    found = rank_shares(
        equations,
        FLOORS,
        probes=settings["probes"],
        steps=steps,
        generator=generator(seed, 17, number),
        callback=counter(step_count(equations, FLOORS, steps), "steps"),
    )
    return np.array([[rank.floor, rank.share, rank.error] for rank in found])


def _row_of_ranks(found: np.ndarray, pixels: int):
    """Ranks and their errors, and the points of the spectrum that they are."""
    row = {}
    for floor, share, error in found:
        row[f"rank, {floor:g}"] = share * pixels
        row[f"error of rank, {floor:g}"] = error * pixels
    return row, [(share, floor) for floor, share, _ in found]


def _row_of_spectrum(values: np.ndarray, pixels: int):
    row = {f"rank, {floor:g}": numerical_rank(torch.from_numpy(values), floor) for floor in FLOORS}
    kept = np.linspace(0, len(values) - 1, min(POINTS, len(values))).round().astype(int)
    return row, [((at + 1) / pixels, values[at] / values[0]) for at in np.unique(kept)]


if "snakemake" in globals():
    job.run(snakemake, measure_horizon)
