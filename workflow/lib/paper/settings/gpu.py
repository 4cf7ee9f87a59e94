"""Whether jobs can be given a GPU of this machine."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path


@cache
def has_gpu(devices: Path = Path("/dev")) -> bool:
    """Whether torch can use a GPU of this machine.

    It is asked only where ``devices`` has one (of NVIDIA's driver, or WSL's), as its import takes
    seconds; and where it cannot, a warning says so.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    if hidden or not any(any(devices.glob(name)) for name in ("nvidia[0-9]*", "dxg")):
        return False
    question = "import torch; raise SystemExit(not torch.cuda.is_available())"
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True)
    if answer.returncode:
        print(
            "device: auto: this machine has a GPU that torch cannot use (its driver, or a build of "
            "torch without CUDA); jobs run on the CPU.",
            file=sys.stderr,
        )
    return not answer.returncode
