"""How fast this machine computes: convolutions of one thread, which most of a run consists of.

    python workflow/lib/machinery/speed.py      # prints GMAC/s in float32 and in bfloat16

It is measured in processes of their own, so that Snakemake need not import torch, and in several
at once, as jobs run: where two of a machine's "cores" are one, each then has half of it.
"""

import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import mean

SECONDS = 0.7  # for each type of numbers
AT_ONCE = 4  # processes at most
SHAPE = 4, 64, 56, 56  # of the maps, VGG-16's in the middle
FAST = 1.5  # times as fast as float32: bfloat16 that is computed in hardware


@dataclass(frozen=True)
class Speed:
    """``gmacs``: billions of multiply-adds a second of each core, in float32.

    ``bfloat16``: whether it is so much faster there that trainings take it.
    """

    gmacs: float
    bfloat16: bool


def measure(cores: int) -> Speed | None:
    """Of ``cores`` that are busy; None if it cannot be measured."""
    processes = [
        subprocess.Popen(
            [sys.executable, __file__],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(min(cores, AT_ONCE))
    ]
    answers = [process.communicate()[0].split() for process in processes]
    try:
        single, half = (mean(map(float, rates)) for rates in zip(*answers, strict=True))
    except ValueError:
        return None
    return Speed(single, half > FAST * single)


def _gmacs(type_of_numbers: str) -> float:
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(1)
    batch, channels, height, width = SHAPE
    dtype = getattr(torch, type_of_numbers)
    maps = torch.rand(SHAPE).to(dtype)
    filters = torch.rand(channels, channels, 3, 3).to(dtype)
    work = batch * height * width * filters.numel() / 1e9
    F.conv2d(maps, filters, padding=1)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        F.conv2d(maps, filters, padding=1)
        count += 1
    return count * work / (time.perf_counter() - start)


if __name__ == "__main__":
    print(_gmacs("float32"), _gmacs("bfloat16"))
