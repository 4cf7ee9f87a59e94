"""Recover test images from the last layer of Table 1's trained networks."""

from pathlib import Path

import pandas as pd
import torch

from machinery import job
from machinery.files import write_csv
from machinery.hdf5 import read_hdf5
from machinery.progress import progress
from paper.device import use_device
from paper.table1.inverted import invert_classifier as invert
from paper.table1.trained import load
from paper.table1.whitening import Whitening

ABOUT = ["filters", "layers", "size", "channels", "seed", "test_accuracy"]  # of a network


def invert_classifier(
    cifar10: Path,
    whitening: list[Path],
    classifiers: Path,
    networks: Path,
    images: int,
    seeds: int,
    evaluations: int,
    gpu: int,
    errors: Path,
) -> None:
    """A row a network, image and what is known; accuracies are those of Table 1."""
    device = use_device(gpu)
    with read_hdf5(cifar10, {"test_images": ("u", (None, 3, 32, 32))}) as file:
        pictures = torch.from_numpy(file["test_images"][:images]).to(device)
    change = Whitening.load(*whitening).to(device) if whitening else None
    tested = pd.read_csv(classifiers)
    trained = load(networks)[:seeds]
    rows = []
    for number, network in enumerate(progress(trained, "networks")):
        about = tested.loc[number, ABOUT].to_dict()
        for known, found in invert(network.to(device), change, pictures, evaluations):
            rows += [
                about | {"known": known, "image": image, "error": error}
                for image, error in enumerate(found.tolist())
            ]
    write_csv(errors, pd.DataFrame(rows))


if "snakemake" in globals():
    job.run(snakemake, invert_classifier)
