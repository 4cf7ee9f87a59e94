"""What a safetensors file of weights reaches. Free of torch; only the file's header is read."""

import json
import struct
from pathlib import Path

from cnninvert.networks.layers import ARCHITECTURES, Conv, Pool

FLOATS = ("F64", "F32", "F16", "BF16")  # types of weights, as safetensors calls them


def reached(architecture: str, names: set[str]) -> list[Conv | Pool]:
    """The layers that can be computed from tensors ``names``, in order.

    >>> [layer.name for layer in reached("vgg16", {"conv1_1.weight", "conv1_1.bias"})]
    ['conv1_1']
    """
    layers = []
    for layer in ARCHITECTURES[architecture]:
        if isinstance(layer, Conv) and not {f"{layer.name}.weight", f"{layer.name}.bias"} <= names:
            break
        layers.append(layer)
    return layers


def layers_in_file(path: str | Path, architecture: str = "vgg16") -> list[Conv | Pool]:
    """The layers that a safetensors file reaches, in order.

    Raises ValueError if it is not a complete safetensors file, if a tensor has another shape than
    the architecture's or another type than FLOATS, or if the first convolution is missing.
    """
    header = _header(Path(path))
    layers = reached(architecture, set(header))
    for layer in layers:
        if isinstance(layer, Conv):
            for kind, shape in (("weight", layer.shape), ("bias", layer.shape[:1])):
                name = f"{layer.name}.{kind}"
                type_, found = header[name]
                if found != list(shape):
                    raise ValueError(
                        f"{path}: {name} has shape {found}, but {architecture} has {list(shape)}"
                        " (filters, channels, rows, columns)."
                    )
                if type_ not in FLOATS:
                    raise ValueError(
                        f"{path}: {name} is of type {type_}; save it as one of {', '.join(FLOATS)}."
                    )
    if not layers:
        first, second, *_ = (x.name for x in ARCHITECTURES[architecture] if isinstance(x, Conv))
        raise ValueError(
            f"{path}: it holds no {first}.weight and {first}.bias, so no layer can be computed; "
            f"name the tensors {first}.weight, {first}.bias, {second}.weight, ..."
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
        shapes = {name: (entry["dtype"], entry["shape"]) for name, entry in header.items()}
        size = path.stat().st_size
    except OSError as error:
        raise ValueError(f"{path}: the weights cannot be read: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise ValueError(f"{path}: this is not a safetensors file.") from error
    if size != end:
        raise ValueError(
            f"{path}: the file has {size} bytes, but its header says {end}; get it again."
        )
    return shapes
