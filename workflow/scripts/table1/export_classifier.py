"""Write a trained network of Table 1 as a Python file and its parameters."""

from pathlib import Path

import pandas as pd

from cnninvert.networks.tensor_file import write_tensors
from machinery import job
from machinery.files import atomic_write
from paper.table1.exported import as_python
from paper.table1.module import as_module
from paper.table1.trained import load
from paper.table1.whitening import Whitening


def export_classifier(
    whitening: list[Path], classifiers: Path, networks: Path, module: Path, weights: Path
) -> None:
    """The network of the first seed."""
    network = load(networks)[0]
    accuracy = 100 * pd.read_csv(classifiers).loc[0, "test_accuracy"]
    whole = as_module(network, Whitening.load(*whitening) if whitening else None)
    with atomic_write(weights) as part:
        write_tensors(part, whole.state_dict(), {})
    with atomic_write(module) as part:
        part.write_text(as_python(whole, network.architecture, accuracy))


if "snakemake" in globals():
    job.run(snakemake, export_classifier)
