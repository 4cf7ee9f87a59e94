"""How well a decoder decodes original activations, photograph by photograph."""

import pandas as pd
import torch

from cnninvert import job
from cnninvert.decoder import Decoder, encode
from cnninvert.device import job_device
from cnninvert.files import write_csv
from cnninvert.hdf5 import read_photographs
from cnninvert.metrics import Metrics
from cnninvert.networks import Network
from cnninvert.progress import progress


def main(snakemake):
    device = job_device(snakemake)
    decoder = Decoder.load(snakemake.input.decoder, device)
    network = Network(snakemake.input.weights, device)
    metrics = Metrics.load(snakemake.input.networks, snakemake.input.heads, device)
    values = {name: [] for name in metrics.names}
    with (
        read_photographs(snakemake.input.photographs, "test") as photographs,
        torch.inference_mode(),
    ):
        names = [name.decode() for name in photographs["test_path"]]
        for number in progress(range(len(names)), "photographs decoded"):
            image = torch.from_numpy(photographs["test"][number : number + 1]).to(device)
            decoded = decoder(*encode(network, image, decoder.layer))
            for name, value in metrics(decoded, image / 255).items():
                values[name].append(value.item())
    whose = {
        "architecture": decoder.architecture,
        "layer": decoder.layer,
        "switches": decoder.switches,
    }
    write_csv(snakemake.output.scores, pd.DataFrame({**whose, "image": names, **values}))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
