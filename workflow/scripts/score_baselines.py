"""The metrics of pictures that a decoder must beat: mean colours and block means."""

import pandas as pd
import torch

from cnninvert import job
from cnninvert.baselines import baselines, mean_colour
from cnninvert.device import job_device
from cnninvert.files import write_csv
from cnninvert.hdf5 import read_photographs
from cnninvert.metrics import Metrics
from cnninvert.progress import progress


def main(snakemake):
    given, device = snakemake.input, job_device(snakemake)
    metrics = Metrics.load(given.networks, given.heads, device)
    rows = []
    with torch.inference_mode(), read_photographs(given.photographs, "test") as file:
        colour = mean_colour(file["train"]).to(device)
        names = [name.decode() for name in file["test_path"]]
        for number, name in enumerate(progress(names, "photographs")):
            photograph = torch.from_numpy(file["test"][number : number + 1]).to(device) / 255
            pictures = baselines(photograph, colour)
            scores = metrics(torch.cat(list(pictures.values())), photograph)
            table = pd.DataFrame({key: values.cpu() for key, values in scores.items()})
            table.insert(0, "image", name)
            table.insert(1, "method", list(pictures))
            rows.append(table)
    write_csv(snakemake.output.scores, pd.concat(rows))


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
