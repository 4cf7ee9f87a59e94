"""What of torch and safetensors asks CUDA itself, replaced for the pretend device."""

import sys

import safetensors.torch
import torch
from torch import Tensor
from torch.optim import optimizer
from torch.utils._pytree import tree_map


class Event:
    """A torch.cuda.Event: all that was asked for is done already."""

    def record(self) -> None:
        """Nothing is left to wait for."""

    def synchronize(self) -> None:
        """Nothing is left to wait for."""


def apply(mode, kind: type[Tensor]) -> None:
    """``mode`` counts; ``kind``: of the tensors on the device."""
    for name, value in {
        "_lazy_init": lambda: None,
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "set_device": lambda device: None,
        "get_device_name": lambda device=None: "pretend GPU",
        "get_device_capability": lambda device=None: (9, 0),
        # As on the CPU, so that both compute the same digits.
        "is_bf16_supported": _cpu_has_bfloat16,
        "manual_seed_all": lambda seed: None,
        "synchronize": lambda device=None: mode._wait("all that is under way"),
        "Event": Event,
    }.items():
        setattr(torch.cuda, name, value)
    torch.backends.cudnn.enabled = False  # batch norm and convolutions are torch's own
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    optimizer._foreach_supported_types.append(kind)
    torch.tensor = _made_on_cpu_first(torch.tensor)
    torch.as_tensor = _made_on_cpu_first(torch.as_tensor)
    torch.load = _loaded_on_cpu_first(torch.load)
    _replace(safetensors.safe_open, _opened_on_cpu_first(safetensors.safe_open))


def _cpu_has_bfloat16(including_emulation: bool = True) -> bool:
    from paper.device import half_precision  # of the job, which is not there yet when this starts

    return half_precision(torch.device("cpu"))


def _replace(old, new) -> None:
    """Wherever ``old`` was imported to."""
    for module in list(sys.modules.values()):
        if getattr(module, old.__name__, None) is old:
            setattr(module, old.__name__, new)


def _is_there(device) -> bool:
    return device is not None and torch.device(device).type == "cuda"


def _made_on_cpu_first(make):
    """These are built in C++, which no dispatch reaches."""

    def made(data, *, device=None, **kwargs):
        if not _is_there(device):
            return make(data, **kwargs, **({} if device is None else {"device": device}))
        return make(data, **kwargs).to(device)

    return made


def _loaded_on_cpu_first(load):
    def loaded(*args, map_location=None, **kwargs):
        there = _is_there(map_location)
        found = load(*args, map_location="cpu" if there else map_location, **kwargs)
        if not there:
            return found
        return tree_map(lambda v: v.to("cuda") if isinstance(v, Tensor) else v, found)

    return loaded


def _opened_on_cpu_first(opener):
    class Opened:
        def __init__(self, path, framework="pt", device="cpu", **kwargs):
            self.device, self.file = device, opener(path, framework, device="cpu", **kwargs)

        def __enter__(self):
            self.inside = self.file.__enter__()
            return self

        def __exit__(self, *error):
            return self.file.__exit__(*error)

        def __getattr__(self, name):
            return getattr(self.inside, name)

        def get_tensor(self, name):
            return self.inside.get_tensor(name).to(self.device)

    Opened.__name__ = opener.__name__
    return Opened
