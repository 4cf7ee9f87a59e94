"""Figure 3 (a): model-RIP ratios of random model-sparse codes."""

import pandas as pd
import torch

from cnninvert import job
from cnninvert.device import generator, job_device
from cnninvert.files import write_csv
from cnninvert.layers import previous_layer
from cnninvert.model_sparsity import sample_codes
from cnninvert.networks import Network
from cnninvert.progress import progress
from cnninvert.rip import isometry_ratio
from cnninvert.vgg_filters import map_size, operator

BATCH = 20  # codes at a time


def main(snakemake):
    params = snakemake.params
    device = job_device(snakemake)
    network = Network(snakemake.input.weights, device)
    sparsity = pd.read_csv(snakemake.input.sparsity).set_index("layer")["nonzeros"]
    random = generator(params.seed, 4)
    rows = []
    with torch.inference_mode():
        for padding in ("same", "valid"):
            w = operator(network, params.layer, snakemake.wildcards.filters, params.seed, padding)
            channels = w.filters.shape[0]
            # D of conv(5,2)'s maps is 14 at 224 pixels; the text says 15.
            for size in (map_size(params.layer), map_size(params.layer) + 1):
                n = w.output_size(size)
                # The text takes the sparsity of the layer before, the caption the layer's own.
                for source in (previous_layer(params.layer), params.layer):
                    regions = channels * (-(-n // 2)) ** 2
                    k = min(regions, round(float(sparsity[source]) / 100 * channels * n * n))
                    for start in progress(range(0, params.codes, BATCH), "batches of codes"):
                        count = min(BATCH, params.codes - start)
                        z = sample_codes(count, channels, (n, n), 2, k, random).to(device)
                        for ratio in isometry_ratio(w, z, size).tolist():
                            rows.append((padding, size, source, k, ratio))
    columns = ["padding", "size", "sparsity_of", "k", "ratio"]
    write_csv(snakemake.output.ratios, pd.DataFrame(rows, columns=columns))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
