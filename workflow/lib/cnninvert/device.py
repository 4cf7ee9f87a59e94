"""Where tensors live, and what makes a run repeat itself."""

import logging
from functools import cache
from typing import Any

import torch

from cnninvert import provenance

log = logging.getLogger("cnninvert")


def job_device(snakemake: Any) -> torch.device:
    """The device of a job: CUDA if its ``gpu`` resource is 1, else the CPU.

    On a GPU, TF32 is off: statistics and duality gaps are those of float32. (The trainings use
    bfloat16 where it is fast, and are the only ones.)
    """
    chosen = choose_device(int(snakemake.resources.get("gpu", 0)))
    if chosen.type == "cuda":
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
        name, cudnn = torch.cuda.get_device_name(chosen), torch.backends.cudnn.version()
        provenance.note(device=name, tf32="off", cuda=torch.version.cuda, cudnn=cudnn)
        log.info("device: %s, TF32 off", name)
    return chosen


def choose_device(gpus: int) -> torch.device:
    """The CUDA device if the job was given a GPU, the CPU otherwise."""
    if gpus and not torch.cuda.is_available():
        from cnninvert.errors import InputError

        raise InputError(
            "device: cuda was asked for, but torch sees no CUDA device here; "
            "set device: cpu (or auto), or install a CUDA build of torch and its driver."
        )
    return torch.device("cuda" if gpus else "cpu")


def generator(*seeds: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A random generator that depends on all of ``seeds`` (and on their order)."""
    import numpy as np

    state = int(np.random.SeedSequence([s % 2**32 for s in seeds]).generate_state(1, "uint64")[0])
    return torch.Generator(device=device).manual_seed(state % 2**63)


def half_precision(device: torch.device) -> bool:
    """Whether bfloat16 arithmetic is fast in hardware on ``device``."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and "avx512_bf16" in cpu_flags()


def computing_type(device: torch.device, precision: str) -> torch.dtype:
    """The type for trainings: ``precision`` is float32, bfloat16, or auto for whichever is fast."""
    if precision == "auto":
        return torch.bfloat16 if half_precision(device) else torch.float32
    return getattr(torch, precision)


@cache
def cpu_flags() -> frozenset[str]:
    """The instruction sets of this CPU, as Linux lists them (empty elsewhere)."""
    from pathlib import Path

    info = Path("/proc/cpuinfo")
    if not info.exists():
        return frozenset()
    for line in info.read_text().splitlines():
        if line.startswith("flags"):
            return frozenset(line.split(":", 1)[1].split())
    return frozenset()
