"""How well a decoder decodes original activations, photograph by photograph."""

from pathlib import Path

import pandas as pd
import torch

from cnninvert.decoders.decoder import encode
from machinery import job
from machinery.files import write_csv
from machinery.hdf5 import read_photographs
from machinery.progress import progress
from paper.device import use_device
from paper.networks import load_network
from paper.table4.decoder_file import load_decoder
from paper.table4.metrics import load_metrics


def evaluate_decoder(
    weights: Path, photographs: Path, decoder: Path, networks: list[Path], scores: Path, gpu: int
) -> None:
    device = use_device(gpu)
    network, model = load_network(weights, device), load_decoder(decoder, device)
    metrics = load_metrics(networks, device)
    values = {name: [] for name in metrics.names}
    with read_photographs(photographs, "test") as file, torch.inference_mode():
        names = [name.decode() for name in file["test_path"]]
        for number in progress(range(len(names)), "photographs decoded"):
            image = torch.from_numpy(file["test"][number : number + 1]).to(device)
            decoded = model(*encode(network, image, model.layer))
            for name, value in metrics(decoded, image / 255).items():
                values[name].append(value.item())
    whose = {name: getattr(model, name) for name in ("architecture", "layer", "switches")}
    write_csv(scores, pd.DataFrame({**whose, "image": names, **values}))


if "snakemake" in globals():
    job.run(snakemake, evaluate_decoder)
