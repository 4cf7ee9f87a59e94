"""Figure 3 (b), (c): codes of real activations, recovered by Algorithm 2, and their ratios."""

from pathlib import Path

import pandas as pd
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.algorithm2 import recover_codes, statistics
from cnninvert.device import job_device
from cnninvert.factorisation import Factorisation
from cnninvert.files import forget, write_csv
from cnninvert.hdf5 import whole_hdf5
from cnninvert.layers import previous_layer
from cnninvert.model_sparsity import ModelProjection
from cnninvert.networks import Network
from cnninvert.resumable import resumable
from cnninvert.vgg_filters import operator


def main(snakemake):
    settings = snakemake.params.settings
    device = job_device(snakemake)
    network = Network(snakemake.input.weights, device)
    activations = Activations(snakemake.input.activations, network)
    layer, kind = previous_layer(settings["layer"]), snakemake.wildcards.kind
    w = operator(network, settings["layer"], snakemake.wildcards.filters, snakemake.params.seed)
    factorisation = Factorisation(w, activations.read(layer, kind, 0, 1).shape[-1])
    project = ModelProjection(region=2, magnitude="absolute")
    solver = (settings["lambda"], settings["gap"], settings["iterations"], factorisation)

    def recover(start):
        stop = min(start + settings["batch"], settings["images"])
        x = activations.read(layer, kind, start, stop).to(device)
        codes, free = recover_codes(w, x, project, *solver)
        columns = {"z": codes.z, **statistics(w, x, codes, free)}
        return {name: values.cpu().numpy() for name, values in columns.items()}

    starts = range(0, settings["images"], settings["batch"])
    state = Path(snakemake.params.state)
    rows = []
    with torch.inference_mode(), whole_hdf5(snakemake.output.codes) as out:
        out.attrs.update(layer=settings["layer"], filters=snakemake.wildcards.filters, kind=kind)
        batches = resumable(starts, recover, state, job.identity(snakemake), "batches")
        for start, found in batches:
            z = found.pop("z")
            if "codes" not in out:
                shape = (settings["images"], *z.shape[1:])
                out.create_dataset("codes", shape, "f4", chunks=(1, *z.shape[1:]))
            out["codes"][start : start + len(z)] = z
            rows.append(pd.DataFrame(found))
    table = pd.concat(rows)
    late = int((~(table["converged"] & table["free_converged"])).sum())
    if late:
        job.log.warning(
            "%d of %d samples stopped at rip.iterations = %d before the gap of %g",
            *(late, len(table), settings["iterations"], settings["gap"]),
        )
    write_csv(snakemake.output.ratios, table)
    forget(state)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
