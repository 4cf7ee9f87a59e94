"""Figure 3 (b), (c): codes of real activations, recovered by Algorithm 2, and their ratios."""

from pathlib import Path

import pandas as pd
import torch

from cnninvert.networks.layer_operator import layer_operator
from cnninvert.networks.layers import previous_layer
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.solvers.algorithm2 import recover_codes as algorithm2
from cnninvert.solvers.filter_bank import PreparedFilterBank
from machinery import job
from machinery.checkpoints import Arrays, Checkpoints
from machinery.files import write_csv
from machinery.hdf5 import atomic_hdf5
from paper.data.activations import Activations
from paper.device import use_device
from paper.figure3 import code_statistics, filter_bank, warn_of_unsolved
from paper.networks import load_network


def recover_codes(
    weights: Path,
    activations: Path,
    filters: str,
    kind: str,
    settings: dict,
    seed: int,
    checkpoints: Checkpoints,
    gpu: int,
    codes: Path,
    ratios: Path,
) -> None:
    """``settings``: of the section figure3; ``kind``: values before (linear) or after the ReLU."""
    device = use_device(gpu)
    network = load_network(weights, device)
    source = Activations(activations, network)
    layer, images = previous_layer(settings["layer"]), settings["images"]
    size = source.shape(layer)[-1]
    bank = filter_bank(network, settings["layer"], filters, seed)
    w = layer_operator(network, settings["layer"], size, filters=bank)
    project, prepared = ModelProjection(region=2, magnitude="absolute"), PreparedFilterBank(w)

    def recover(start: int) -> Arrays:
        x = source.read(layer, kind, start, min(start + settings["batch"], images)).to(device)
        found = algorithm2(
            w, x, project, settings["lambda"], settings["gap"], settings["iterations"], prepared
        )
        columns = {"z": found[0].codes, **code_statistics(w, x, *found)}
        return {name: values.cpu().numpy() for name, values in columns.items()}

    starts = range(0, images, settings["batch"])
    rows = []
    with torch.inference_mode(), atomic_hdf5(codes) as out:
        out.attrs.update(layer=settings["layer"], filters=filters, kind=kind)
        for start, found in checkpoints.parts(starts, recover, "batches"):
            z = found.pop("z")
            if "codes" not in out:
                shape = (images, *z.shape[1:])
                out.create_dataset("codes", shape, "f4", chunks=(1, *z.shape[1:]))
            out["codes"][start : start + len(z)] = z
            rows.append(pd.DataFrame(found))
    table = pd.concat(rows)
    warn_of_unsolved(table, settings["iterations"], settings["gap"])
    write_csv(ratios, table)


if "snakemake" in globals():
    job.run(snakemake, recover_codes)
