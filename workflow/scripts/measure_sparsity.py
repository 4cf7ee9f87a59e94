"""Table 2's numbers: the share of non-zeros after each layer."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch

from cnninvert import job
from cnninvert.device import job_device
from cnninvert.files import write_csv
from cnninvert.hdf5 import read_photographs
from cnninvert.networks import Network
from cnninvert.progress import progress


def main(snakemake):
    network = Network(snakemake.input.weights, job_device(snakemake))
    with read_photographs(snakemake.input.photographs, "test") as file, torch.inference_mode():
        count = snakemake.params.images
        batches = range(0, count, snakemake.params.batch)
        table = nonzero_shares(
            network,
            (file["test"][start : min(start + batches.step, count)] for start in batches),
            len(batches),
        )
    write_csv(snakemake.output.sparsity, table)


def nonzero_shares(network: Network, batches: Iterable[np.ndarray], total: int) -> pd.DataFrame:
    """Percent of non-zero outputs of every layer: mean and standard deviation over images.

    ``batches`` are uint8 (B, 3, H, W), ``total`` of them.
    """
    shares: dict[str, list[float]] = {layer.name: [] for layer in network.layers}
    device = network.filters(network.convolutions[0].name).device
    for images in progress(batches, "batches", total):
        for step in network.steps(torch.from_numpy(images).to(device)):
            nonzero = (step.output != 0).flatten(1).sum(1) / step.output[0].numel()
            shares[step.layer.name] += (100 * nonzero).tolist()
    return pd.DataFrame(
        {
            "layer": layer.name,
            "title": layer.title,
            "nonzeros": np.mean(shares[layer.name]),
            "spread": pd.Series(shares[layer.name]).std(),
            "images": len(shares[layer.name]),
        }
        for layer in network.layers
    )


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
