"""Where tensors live, and the precision of trainings."""

import logging
from functools import cache
from pathlib import Path

import torch

from machinery import gpu_turns, provenance
from machinery.errors import InputError

log = logging.getLogger("cnninvert")


def use_device(gpus: int) -> torch.device:
    """The device of a job: CUDA if it was given a GPU, the CPU otherwise.

    Of several GPUs it takes one that no other job has.

    On a GPU, TF32 is off: statistics and duality gaps are those of float32. (The trainings use
    bfloat16 where it is fast, and are the only ones.)
    """
    if not gpus:
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise InputError(
            "device: cuda was asked for, but torch sees no CUDA device here; "
            "set device: cpu (or auto), or install a CUDA build of torch and its driver."
        )
    torch.cuda.set_device(gpu_turns.take(torch.cuda.device_count()))
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    name, cudnn = torch.cuda.get_device_name(), torch.backends.cudnn.version()
    provenance.note(device=name, tf32="off", cuda=torch.version.cuda, cudnn=cudnn)
    log.info("device: %s, TF32 off", name)
    return torch.device("cuda")


def half_precision(device: torch.device) -> bool:
    """Whether bfloat16 arithmetic is fast in hardware on ``device``."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # In this order: PyTorch for Apple's processors has no oneDNN to be asked.
    return "avx512_bf16" in cpu_flags() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def computing_type(device: torch.device, precision: str) -> torch.dtype:
    """The type for trainings: ``precision`` is float32, bfloat16, or auto for whichever is fast."""
    if precision == "auto":
        return torch.bfloat16 if half_precision(device) else torch.float32
    return getattr(torch, precision)


@cache
def cpu_flags() -> frozenset[str]:
    """The instruction sets of this CPU, as Linux lists them (empty elsewhere)."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return frozenset()
    for line in info.read_text().splitlines():
        if line.startswith("flags"):
            return frozenset(line.split(":", 1)[1].split())
    return frozenset()
