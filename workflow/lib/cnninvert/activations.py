"""Activations of a pretrained network, streamed to HDF5."""

from pathlib import Path

import h5py
import torch
from torch import Tensor

from cnninvert.errors import InputError
from cnninvert.files import whole
from cnninvert.layers import Conv
from cnninvert.networks import Network
from cnninvert.progress import progress


def extract(
    network: Network, photographs: Path, layers: list[str], path: Path, device: torch.device
) -> None:
    """Write the test photographs' activations of ``layers`` to ``path``, image by image.

    Each layer is a group with the dataset ``output`` (N, C, H, W), float32; a convolution's group
    has ``linear`` as well, the values before the ReLU. Each pool on the way has ``places``
    (N, C, H, W), uint8: where in its region each maximum was, row by row. Attributes say which
    network, weights, preprocessing and images they come from.
    """
    last = max(layers, key=[layer.name for layer in network.layers].index)
    with whole(path) as part, h5py.File(photographs) as source, h5py.File(part, "w") as file:
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
        for number in progress(range(len(images)), "photographs encoded"):
            image = torch.from_numpy(images[number : number + 1]).to(device)
            for step in network.steps(image, last):
                name = step.layer.name
                if isinstance(step.layer, Conv):
                    wanted = {"output": step.output, "linear": step.linear}
                else:
                    wanted = {"places": step.places}
                    if name in layers:
                        wanted["output"] = step.output
                if name in layers or "places" in wanted:
                    for kind, values in wanted.items():
                        _append(file, f"{name}/{kind}", number, len(images), values)


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


def _append(file: h5py.File, name: str, number: int, count: int, values: Tensor) -> None:
    if name not in file:
        shape = values.shape[1:]
        file.create_dataset(name, (count, *shape), values.cpu().numpy().dtype, chunks=(1, *shape))
    file[name][number] = values[0].cpu().numpy()
