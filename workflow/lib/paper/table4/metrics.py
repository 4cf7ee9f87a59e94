"""The metrics of decoded pictures."""

from pathlib import Path

import torch

from cnninvert.metrics.lpips import LPIPS
from cnninvert.metrics.pictures import Metrics
from paper.networks import load_network


def load_metrics(networks: list[Path], device: torch.device) -> Metrics:
    """All metrics of pictures, with LPIPS in the features of each of the ``networks``."""
    loaded = [load_network(path, device) for path in networks]
    return Metrics({network.architecture: LPIPS(network) for network in loaded})
