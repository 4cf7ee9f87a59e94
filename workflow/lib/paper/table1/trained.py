"""Trained networks of Table 1, as files."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from cnninvert.networks.tensor_file import write_tensors
from machinery.errors import InputError
from machinery.files import atomic_write
from paper.table1.architecture import Architecture
from paper.table1.classifier import Classifier


def save(path: Path, networks: Sequence[Classifier]) -> None:
    """Write networks of one architecture, each under its number."""
    tensors = {
        f"{number}.{name}": tensor
        for number, network in enumerate(networks)
        for name, tensor in network.state_dict().items()
    }
    about = {"architecture": json.dumps(asdict(networks[0].architecture))}
    with atomic_write(path) as part:
        write_tensors(part, tensors, about | {"networks": str(len(networks))})


def load(path: Path) -> list[Classifier]:
    """The networks that ``save`` wrote, in evaluation mode."""
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata()
            architecture = Architecture(**json.loads(about["architecture"]))
            networks = [
                Classifier(architecture, torch.Generator()) for _ in range(int(about["networks"]))
            ]
            for number, network in enumerate(networks):
                names = network.state_dict()
                network.load_state_dict({n: file.get_tensor(f"{number}.{n}") for n in names})
    except (SafetensorError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path}: no trained networks ({error}); delete it and run again."
        ) from error
    return [network.eval() for network in networks]
