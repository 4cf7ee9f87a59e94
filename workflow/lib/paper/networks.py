"""The library's networks, loaded from files of the pipeline."""

from pathlib import Path

import torch

from cnninvert.networks.pretrained import Network
from machinery.errors import input_errors


def load_network(path: Path, device: torch.device | str = "cpu") -> Network:
    """A pretrained network; InputError if the file cannot be used."""
    with input_errors("delete the file and run again"):
        return Network(path, device)
