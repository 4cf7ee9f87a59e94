"""Table 2's numbers: the share of non-zeros after each layer."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cnninvert.networks.pretrained import Network
from machinery import job
from machinery.files import write_csv
from machinery.hdf5 import read_photographs
from machinery.progress import progress
from paper.device import use_device
from paper.networks import load_network


def measure_sparsity(
    weights: Path, photographs: Path, sparsity: Path, images: int, batch: int, gpu: int
) -> None:
    network = load_network(weights, use_device(gpu))
    with read_photographs(photographs, "test") as file, torch.inference_mode():
        starts = range(0, images, batch)
        batches = (file["test"][start : min(start + batch, images)] for start in starts)
        table = nonzero_shares(network, batches, len(starts))
    write_csv(sparsity, table)


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
    job.run(snakemake, measure_sparsity)
