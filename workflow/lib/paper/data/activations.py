"""Activations of a pretrained network, streamed to HDF5."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor

from cnninvert.networks.pretrained import Network, Step
from machinery.errors import InputError
from machinery.hdf5 import (
    NAMES,
    atomic_hdf5,
    damaged_file,
    finite,
    read_hdf5,
    read_photographs,
    write_rows,
)
from machinery.progress import progress

BATCH = 4  # images; on one core of a CPU 6 % faster than one by one, and larger ones gain nothing


def extract(
    network: Network,
    photographs: Path,
    layers: list[str],
    path: Path,
    device: torch.device,
    batch: int = BATCH,
) -> None:
    """Write the test photographs' activations of ``layers`` to ``path``.

    Each layer is a group with the dataset ``output`` (N, C, H, W), float32; a convolution's group
    has ``linear`` as well, the values before the ReLU. Each pool on the way has ``places``
    (N, C, H, W), uint8: where in its region each maximum was, row by row. Attributes say which
    network, weights, preprocessing and images they come from.

    One ``batch`` is written while the next is computed, so memory does not grow with N. The size of
    the batch may change last digits, for torch's libraries choose how to compute a convolution.
    """
    last = max(layers, key=[layer.name for layer in network.layers].index)
    with (
        read_photographs(photographs, "test") as source,
        atomic_hdf5(path) as file,
        ThreadPoolExecutor(1) as writer,
    ):
        images = source["test"]
        file.attrs.update(
            network=network.architecture,
            weights=network.attributes["source"],
            preprocessing=network.preprocessing,
            images=f"{len(images)} photographs, {_crops(photographs, source)}",
            layers=layers,
        )
        names = source["test_path"][:]
        write_rows(file, "images", 0, len(names), names)
        written = None
        for start in progress(range(0, len(images), batch), "batches of photographs encoded"):
            x = torch.from_numpy(images[start : start + batch]).to(device)
            copies = {}
            for step in network.steps(x, last, linear=layers):
                for kind, values in _wanted(step, layers):
                    # Without waiting for a GPU, and then into pinned memory.
                    copy = values.contiguous().to("cpu", non_blocking=True)
                    copies[f"{step.layer.name}/{kind}"] = copy.numpy()
            ready = torch.cuda.Event() if device.type == "cuda" else None
            if ready:
                ready.record()
            if written:
                written.result()
            written = writer.submit(_write, file, network, start, len(images), copies, ready)
        if written:
            written.result()


def _crops(path: Path, source: h5py.File) -> str:
    try:
        return f"short side {source.attrs['short_side']}, centre crop {source.attrs['crop']}"
    except KeyError as error:
        raise damaged_file(path, "it does not say how its pictures were cropped") from error


def _wanted(step: Step, layers: list[str]) -> list[tuple[str, Tensor]]:
    named = step.layer.name in layers
    kinds = {"output": named, "linear": named, "places": True}
    values = {kind: getattr(step, kind) for kind, wanted in kinds.items() if wanted}
    return [(kind, value) for kind, value in values.items() if value is not None]


def _write(
    file: h5py.File,
    network: Network,
    start: int,
    count: int,
    copies: dict[str, np.ndarray],
    ready: torch.cuda.Event | None,
) -> None:
    if ready:
        ready.synchronize()
    for name, values in copies.items():
        if not np.isfinite(values).all():
            raise InputError(
                f"{network.path}: with these weights {name.split('/')[0]} gives values that are "
                "not finite; use other weights."
            )
        write_rows(file, name, start, count, values)


class Activations:
    """Reads what ``extract`` wrote; checks that it is what the caller thinks it is.

    That is, activations of ``network``, if it is given. All else is an InputError.
    """

    def __init__(self, path: str | Path, network: Network | None = None) -> None:
        self.path = path
        self.file = read_hdf5(path, {"images": NAMES})
        if network:
            of = self.file.attrs.get("network"), self.file.attrs.get("weights")
            if of != (network.architecture, network.attributes["source"]):
                raise damaged_file(path, f"it is of other weights, {of[1]}, than {network.path}")

    def __len__(self) -> int:
        return len(self.file["images"])

    def shape(self, layer: str) -> tuple[int, ...]:
        """(C, H, W) of a layer's output."""
        return self._dataset(f"{layer}/output").shape[1:]

    def read(self, layer: str, kind: str = "output", start: int = 0, stop: int | None = None):
        """Images ``start`` to ``stop`` of a layer's ``kind``, as a tensor."""
        return torch.from_numpy(finite(self._dataset(f"{layer}/{kind}"), start, stop))

    def _dataset(self, name: str) -> h5py.Dataset:
        if name not in self.file:
            raise damaged_file(self.path, f"it holds no {name}")
        dataset = self.file[name]
        if dataset.ndim != 4 or len(dataset) != len(self):
            raise damaged_file(self.path, f"its dataset {name} is {dataset.dtype} {dataset.shape}")
        return dataset
