"""Table 2's numbers: the share of non-zeros after each layer."""

import h5py
import numpy as np
import pandas as pd
import torch

from cnninvert import job
from cnninvert.files import whole
from cnninvert.networks import Network
from cnninvert.progress import progress


def main(snakemake):
    network = Network(snakemake.input.weights, job.device(snakemake))
    with h5py.File(snakemake.input.photographs) as file, torch.inference_mode():
        images = file["test"][: snakemake.params.images]
        table = nonzero_shares(network, images, snakemake.params.batch)
    with whole(snakemake.output.sparsity) as part:
        table.to_csv(part, index=False)


def nonzero_shares(network: Network, images: np.ndarray, batch: int) -> pd.DataFrame:
    """Percent of non-zero outputs of every layer: mean and standard deviation over images."""
    shares: dict[str, list[float]] = {layer.name: [] for layer in network.layers}
    device = network.filters(network.convolutions[0].name).device
    for start in progress(range(0, len(images), batch), "batches"):
        for step in network.steps(torch.from_numpy(images[start : start + batch]).to(device)):
            nonzero = (step.output != 0).flatten(1).double().mean(1)
            shares[step.layer.name] += (100 * nonzero).tolist()
    return pd.DataFrame(
        {
            "layer": layer.name,
            "title": layer.title,
            "nonzeros": np.mean(shares[layer.name]),
            "spread": np.std(shares[layer.name], ddof=1) if len(images) > 1 else np.nan,
            "images": len(images),
        }
        for layer in network.layers
    )


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
