"""Table 3's numbers: coherence of each layer's filters, learned and Gaussian."""

import numpy as np
import pandas as pd
import torch

from cnninvert import job
from cnninvert.coherence import coherences
from cnninvert.convolution import gaussian_filters, unit_norm
from cnninvert.device import generator, job_device
from cnninvert.files import write_csv
from cnninvert.networks import Network
from cnninvert.progress import progress


def main(snakemake):
    device = job_device(snakemake)
    network = Network(snakemake.input.weights, device)
    rows = []
    with torch.inference_mode():
        for number, conv in enumerate(progress(network.convolutions, "layers")):
            learned = unit_norm(network.filters(conv.name).contiguous())
            gaussian = [
                unit_norm(
                    gaussian_filters(
                        conv.shape, generator(snakemake.params.seed, 3, number, seed)
                    ).to(device)
                )
                for seed in range(snakemake.params.seeds)
            ]
            for shifts in (False, True):
                banks = [coherences(bank, shifts, conv.stride) for bank in gaussian]
                ours = coherences(learned, shifts, conv.stride)
                for which, maximum in enumerate(("absolute", "signed")):
                    values = [bank[which] for bank in banks]
                    rows.append(
                        {
                            "layer": conv.name,
                            "title": conv.title,
                            "place": "shifts" if shifts else "same",
                            "maximum": maximum,
                            "learned": ours[which],
                            "random": np.mean(values),
                            "random_spread": np.std(values, ddof=1) if len(values) > 1 else np.nan,
                            "random_seeds": len(values),
                        }
                    )
    write_csv(snakemake.output.coherence, pd.DataFrame(rows))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
