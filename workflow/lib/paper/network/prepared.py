"""A network that is ready to be measured: its parameters in one file, with what it was built of."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.models import build, build_from_file
from cnninvert.networks.parameters import set_state
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.networks.tensor_file import write_tensors
from cnninvert.networks.tracing import trace
from machinery.errors import InputError, input_errors
from machinery.files import atomic_write, sha256


@dataclass(frozen=True)
class Source:
    """Where a network's module comes from: a ``name`` that the library knows, or a user's file."""

    name: str
    file: str | None
    function: str

    def build(self) -> nn.Module:
        """The module, without its parameters; InputError if there is none."""
        with input_errors("see the section network of config.yaml"):
            if self.file:
                return build_from_file(self.file, self.function)
            return build(self.name)


def write_prepared(
    path: Path, source: Source, state: dict[str, Tensor], preprocessing: Preprocessing
) -> None:
    """Write the parameters ``state`` to ``path``, a safetensors file.

    It says which user's file they are for, by its checksum: rules that read ``path`` build the
    module again, and run again where that file has changed.
    """
    about = {"source": asdict(source), "preprocessing": asdict(preprocessing)}
    about["code"] = sha256(source.file) if source.file else None
    tensors = {name: tensor.clone() for name, tensor in state.items()}  # none shares its memory
    with atomic_write(path) as part:
        write_tensors(part, tensors, {"about": json.dumps(about)})


def read_prepared(
    path: Path,
    device: torch.device | str = "cpu",
    size: int | None = None,
) -> tuple[TracedNetwork, Preprocessing]:
    """The network in ``path``, traced, and what input it expects.

    ``size``: of the pictures, in pixels, if it is not what the network expects.
    """
    try:
        with safe_open(path, "pt", device=str(device)) as file:
            about = json.loads(file.metadata()["about"])
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: it cannot be read; delete the file and run again.") from error
    sizes = about["preprocessing"]
    preprocessing = Preprocessing(size or sizes["size"], tuple(sizes["mean"]), tuple(sizes["std"]))
    module = Source(**about["source"]).build()
    with input_errors("delete the file and run again"):
        set_state(module, state, path)
    module = module.to(device, memory_format=torch.channels_last)
    where = "the side of its section" if size else "network.size"
    with input_errors(f"name another network, or give it other pictures with {where}"):
        return trace(module, preprocessing.size), preprocessing
