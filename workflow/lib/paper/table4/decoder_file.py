"""A trained decoder, loaded from a file of the pipeline."""

from pathlib import Path

import torch

from cnninvert.decoders.decoder import Decoder
from machinery.errors import input_errors


def load_decoder(path: Path, device: torch.device | str = "cpu") -> Decoder:
    """InputError if the file cannot be used."""
    with input_errors("delete the file and run again"):
        return Decoder.load(path, device)
