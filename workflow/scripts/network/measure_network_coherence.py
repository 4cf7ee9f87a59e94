"""Table 3 for any network: coherence of each convolution's filters, and of random ones."""

from functools import partial
from pathlib import Path

import pandas as pd
import torch

from cnninvert.operators.convolution import unit_norm
from cnninvert.theory.coherence import coherences
from machinery import job
from machinery.files import write_csv
from machinery.progress import progress
from paper.device import use_device
from paper.network.banks import filter_banks
from paper.network.places import convolutions
from paper.network.prepared import read_prepared
from paper.seeds import generator


def measure_network_coherence(
    prepared: Path, banks: int, seed: int, gpu: int, coherence: Path
) -> None:
    network, _ = read_prepared(prepared, use_device(gpu))
    rows = []
    with torch.inference_mode():
        for number, layer in enumerate(progress(convolutions(network), "convolutions")):
            learned = layer.module.weight.contiguous()
            gaussian = partial(generator, seed, 3, number)
            for kind, bank, filters in filter_banks(learned, banks, gaussian, seed, number):
                # Filters of different groups see different channels: they are orthogonal.
                groups = unit_norm(filters).unflatten(0, (layer.module.groups, -1))
                found = [coherences(group) for group in groups] if groups.shape[1] > 1 else []
                largest = [max(each[which] for each in found) if found else 0.0 for which in (0, 1)]
                rows.append((layer.name, *_shape(layer.module), kind, bank, *largest))
    columns = ["layer", "filters", "channels", "taps", "groups", "kind", "bank"]
    write_csv(coherence, pd.DataFrame(rows, columns=[*columns, "absolute", "signed"]))


def _shape(conv: torch.nn.Conv2d) -> tuple:
    taps = " x ".join(map(str, conv.kernel_size))
    return conv.out_channels, conv.in_channels, taps, conv.groups


if "snakemake" in globals():
    job.run(snakemake, measure_network_coherence)
