"""The metrics of pictures that a decoder must beat: mean colours and block means."""

from pathlib import Path

import pandas as pd
import torch

from machinery import job
from machinery.files import write_csv
from machinery.hdf5 import read_photographs
from machinery.progress import progress
from paper.device import use_device
from paper.table4.baselines import baselines, mean_colour
from paper.table4.metrics import load_metrics


def score_baselines(photographs: Path, networks: list[Path], scores: Path, gpu: int) -> None:
    device = use_device(gpu)
    metrics = load_metrics(networks, device)
    rows = []
    with torch.inference_mode(), read_photographs(photographs, "test") as file:
        colour = mean_colour(file["train"]).to(device)
        names = [name.decode() for name in file["test_path"]]
        for number, name in enumerate(progress(names, "photographs")):
            photograph = torch.from_numpy(file["test"][number : number + 1]).to(device) / 255
            pictures = baselines(photograph, colour)
            values = metrics(torch.cat(list(pictures.values())), photograph)
            table = pd.DataFrame({key: each.cpu() for key, each in values.items()})
            table.insert(0, "image", name)
            table.insert(1, "method", list(pictures))
            rows.append(table)
    write_csv(scores, pd.concat(rows))


if "snakemake" in globals():
    job.run(snakemake, score_baselines)
