"""Figure 3 (a): model-RIP ratios of random model-sparse codes."""

from itertools import product
from pathlib import Path

import pandas as pd
import torch

from cnninvert.networks.layer_operator import layer_operator
from cnninvert.networks.layers import map_size, previous_layer
from machinery import job
from machinery.files import write_csv
from machinery.progress import progress
from paper.device import use_device
from paper.figure3 import filter_bank, model_k, random_ratios
from paper.networks import load_network
from paper.seeds import generator


def sample_codes(
    weights: Path,
    sparsity: Path,
    ratios: Path,
    layer: str,
    filters: str,
    codes: int,
    seed: int,
    gpu: int,
) -> None:
    device = use_device(gpu)
    network = load_network(weights, device)
    shares = pd.read_csv(sparsity).set_index("layer")["nonzeros"]
    bank = filter_bank(network, layer, filters, seed)
    random = generator(seed, 4)
    # D of conv(5,2)'s maps is 14 at 224 pixels; the text says 15. And the text takes the sparsity
    # of the layer before, the caption the layer's own.
    size = map_size("vgg16", layer)
    readings = product(("same", "valid"), (size, size + 1), (previous_layer(layer), layer))
    rows = []
    with torch.inference_mode():
        for padding, size, source in progress(list(readings), "readings"):
            w = layer_operator(network, layer, size, padding, bank)
            k = model_k(w.code_shape, float(shares[source]))
            for ratio in random_ratios(w, k, codes, random):
                rows.append((padding, size, source, k, ratio))
    columns = ["padding", "size", "sparsity_of", "k", "ratio"]
    write_csv(ratios, pd.DataFrame(rows, columns=columns))


if "snakemake" in globals():
    job.run(snakemake, sample_codes)
