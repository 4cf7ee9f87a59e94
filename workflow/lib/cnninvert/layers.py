"""The layers of VGG-16 and AlexNet: names, sizes, and what a weight file reaches.

Free of torch, so that the workflow can ask at parse time.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

from cnninvert.errors import InputError

FLOATS = ("F64", "F32", "F16", "BF16")  # types of weights, as safetensors calls them
PREPROCESSINGS = ("torchvision", "caffe-rgb", "caffe-bgr")


@dataclass(frozen=True)
class Conv:
    """A convolution followed by a ReLU: ``outputs`` filters of ``inputs`` x ``size`` x ``size``."""

    name: str
    inputs: int
    outputs: int
    size: int = 3
    stride: int = 1
    padding: int = 1

    @property
    def title(self) -> str:
        """The paper's way to write it: conv(1,2); conv(3) where there is no second index."""
        return f"conv({self.name.removeprefix('conv').replace('_', ',')})"

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(K, M, l, l) of the filters."""
        return (self.outputs, self.inputs, self.size, self.size)


@dataclass(frozen=True)
class Pool:
    """A max-pooling over ``size`` x ``size`` places, every ``stride``."""

    name: str
    size: int = 2
    stride: int = 2

    @property
    def title(self) -> str:
        """The paper's way to write it: pool(1)."""
        return f"pool({self.name.removeprefix('pool')})"


def _vgg16() -> tuple[Conv | Pool, ...]:
    layers: list[Conv | Pool] = []
    inputs = 3
    for block, (count, channels) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for index in range(1, count + 1):
            layers.append(Conv(f"conv{block}_{index}", inputs, channels))
            inputs = channels
        layers.append(Pool(f"pool{block}"))
    return tuple(layers)


ARCHITECTURES: dict[str, tuple[Conv | Pool, ...]] = {
    "vgg16": _vgg16(),
    # torchvision's AlexNet, whose pools overlap (3 x 3 every 2).
    "alexnet": (
        Conv("conv1", 3, 64, size=11, stride=4, padding=2),
        Pool("pool1", 3, 2),
        Conv("conv2", 64, 192, size=5, padding=2),
        Pool("pool2", 3, 2),
        Conv("conv3", 192, 384),
        Conv("conv4", 384, 256),
        Conv("conv5", 256, 256),
        Pool("pool5", 3, 2),
    ),
}

TITLES = {"vgg16": "VGG-16", "alexnet": "AlexNet"}


def title(architecture: str, layer: str) -> str:
    """How the ``layer`` is printed: conv(1,2)."""
    return next(each.title for each in ARCHITECTURES[architecture] if each.name == layer)


def previous_layer(name: str) -> str:
    """The VGG-16 layer before the convolution ``name``: what its filters are applied to."""
    names = [layer.name for layer in ARCHITECTURES["vgg16"]]
    return names[names.index(name) - 1]


def next_convolution(pool: str) -> str:
    """conv{i+1}_1, whose filters encode pool{i} in Table 4."""
    return f"conv{int(pool.removeprefix('pool')) + 1}_1"


def reached(architecture: str, names: set[str]) -> list[Conv | Pool]:
    """The layers that can be computed from tensors ``names``, in order."""
    layers = []
    for layer in ARCHITECTURES[architecture]:
        if isinstance(layer, Conv) and not {f"{layer.name}.weight", f"{layer.name}.bias"} <= names:
            break
        layers.append(layer)
    return layers


def layers_in_file(path: str | Path, architecture: str = "vgg16") -> list[Conv | Pool]:
    """The layers that a safetensors file reaches; only its header is read.

    Raises InputError if it is no whole safetensors file, if a tensor has another shape than the
    architecture's or another type than FLOATS, or if the first convolution is missing.
    """
    header = _header(Path(path))
    layers = reached(architecture, set(header))
    for layer in layers:
        if isinstance(layer, Conv):
            for kind, shape in (("weight", layer.shape), ("bias", layer.shape[:1])):
                name = f"{layer.name}.{kind}"
                type_, found = header[name]
                if found != list(shape):
                    raise InputError(
                        f"{path}: {name} has shape {found}, but {architecture} wants {list(shape)}"
                        " (filters, channels, rows, columns)."
                    )
                if type_ not in FLOATS:
                    raise InputError(
                        f"{path}: {name} is of type {type_}; save it as one of {', '.join(FLOATS)}."
                    )
    if not layers:
        first = ARCHITECTURES[architecture][0].name
        raise InputError(
            f"{path}: it holds no {first}.weight and {first}.bias, so no layer can be computed; "
            "name the tensors conv1_1.weight, conv1_1.bias, conv1_2.weight, ..."
        )
    return layers


def _header(path: Path) -> dict[str, tuple[str, list[int]]]:
    """Type and shape of each tensor."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > 100_000_000:
                raise ValueError("header too long")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
        size = path.stat().st_size
        if size != end:
            raise InputError(
                f"{path}: the file has {size} bytes and not {end}, as it says itself; get it anew."
            )
        return {name: (entry["dtype"], entry["shape"]) for name, entry in header.items()}
    except OSError as error:
        raise InputError(f"{path}: the weights cannot be read: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise InputError(f"{path}: this is no safetensors file.") from error
