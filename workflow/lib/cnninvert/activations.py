"""Activations of a pretrained network, streamed to HDF5."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor

from cnninvert.errors import InputError
from cnninvert.hdf5 import whole_hdf5
from cnninvert.networks import Network, Step
from cnninvert.progress import progress

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
        h5py.File(photographs) as source,
        whole_hdf5(path) as file,
        ThreadPoolExecutor(1) as writer,
    ):
        images = source["test"]
        file.attrs.update(
            network=network.architecture,
            weights=network.attributes["source"],
            preprocessing=network.preprocessing,
            images=f"{len(images)} photographs, short side {source.attrs['short_side']}, "
            f"centre crop {source.attrs['crop']}",
            layers=layers,
        )
        file["images"] = source["test_path"][:]
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
            written = writer.submit(_write, file, start, len(images), copies, ready)
        if written:
            written.result()


def _wanted(step: Step, layers: list[str]) -> list[tuple[str, Tensor]]:
    named = step.layer.name in layers
    kinds = {"output": named, "linear": named, "places": True}
    values = {kind: getattr(step, kind) for kind, wanted in kinds.items() if wanted}
    return [(kind, value) for kind, value in values.items() if value is not None]


def _write(
    file: h5py.File,
    start: int,
    count: int,
    copies: dict[str, np.ndarray],
    ready: torch.cuda.Event | None,
) -> None:
    if ready:
        ready.synchronize()
    for name, values in copies.items():
        if name not in file:
            # Nothing is left unwritten: to fill it first would take as long again.
            shape = (count, *values.shape[1:])
            file.create_dataset(name, shape, values.dtype, fill_time="never")
        file[name][start : start + len(values)] = values


class Activations:
    """Reads what ``extract`` wrote; checks that it is what the caller thinks it is."""

    def __init__(self, path: str | Path) -> None:
        try:
            self.file = h5py.File(path)
        except OSError as error:
            raise InputError(
                f"{path}: the activations cannot be read; delete the file and run again."
            ) from error
        self.path = path

    def __len__(self) -> int:
        return len(self.file["images"])

    def read(self, layer: str, kind: str = "output", start: int = 0, stop: int | None = None):
        """Images ``start`` to ``stop`` of a layer's ``kind``, as a tensor."""
        name = f"{layer}/{kind}"
        if name not in self.file:
            raise InputError(f"{self.path}: it holds no {name}; delete the file and run again.")
        return torch.from_numpy(self.file[name][start:stop])
