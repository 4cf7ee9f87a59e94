"""Table 3's numbers: coherence of each layer's filters, learned and Gaussian."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cnninvert.operators.convolution import gaussian_filters, unit_norm
from cnninvert.theory.coherence import coherences
from machinery import job
from machinery.files import write_csv
from machinery.progress import progress
from paper.device import use_device
from paper.networks import load_network
from paper.seeds import generator


def measure_coherence(weights: Path, coherence: Path, banks: int, seed: int, gpu: int) -> None:
    device = use_device(gpu)
    network = load_network(weights, device)
    rows = []
    with torch.inference_mode():
        for number, conv in enumerate(progress(network.convolutions, "layers")):
            learned = unit_norm(network.filters(conv.name).contiguous())
            draws = (generator(seed, 3, number, bank) for bank in range(banks))
            gaussian = [unit_norm(gaussian_filters(conv.shape, draw).to(device)) for draw in draws]
            for shifts in (False, True):
                random = [coherences(bank, shifts, conv.stride) for bank in gaussian]
                ours = coherences(learned, shifts, conv.stride)
                for which, maximum in enumerate(("absolute", "signed")):
                    values = [bank[which] for bank in random]
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
    write_csv(coherence, pd.DataFrame(rows))


if "snakemake" in globals():
    job.run(snakemake, measure_coherence)
