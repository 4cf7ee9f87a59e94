"""All metrics of decoded pictures."""

from pathlib import Path

import pandas as pd
import torch

from machinery import job
from machinery.files import write_csv
from machinery.hdf5 import DECODED, NAMES, check_datasets, finite, read_hdf5, read_photographs
from machinery.progress import progress
from paper.device import use_device
from paper.table4.metrics import load_metrics

KEYS = ["image", "method"]
COLUMNS = ["layer", "decoder", *KEYS, "activation_error"]


def score_pictures(
    photographs: Path,
    pictures: list[Path],
    errors: list[Path],
    networks: list[Path],
    gpu: int,
    metrics: Path,
) -> None:
    """``pictures``: the parts of one decoder; ``errors``: of the same, also in activation space."""
    device = use_device(gpu)
    measure = load_metrics(networks, device)
    tables = []
    with torch.inference_mode(), read_photographs(photographs, "test") as originals:
        for path, known in zip(pictures, map(pd.read_csv, errors), strict=True):
            known = known.drop_duplicates(KEYS)
            with read_hdf5(path, {"paths": NAMES}) as file:
                check_datasets(path, file, dict.fromkeys(known["method"], DECODED))
                for number, (_, rows) in enumerate(
                    progress(known.groupby("image", sort=False), "photographs")
                ):
                    decoded = [finite(file[name], number, number + 1) for name in rows["method"]]
                    results = torch.cat([torch.from_numpy(one) for one in decoded]).to(device)
                    photograph = torch.from_numpy(originals["test"][number : number + 1])
                    values = measure(results, photograph.to(device) / 255)
                    scores = {name: value.cpu().numpy() for name, value in values.items()}
                    tables.append(rows[COLUMNS].assign(**scores))
    write_csv(metrics, pd.concat(tables))


if "snakemake" in globals():
    job.run(snakemake, score_pictures)
