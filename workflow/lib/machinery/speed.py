"""How fast this machine computes: convolutions of one thread, which most of a run consists of.

    python workflow/lib/machinery/speed.py      # prints GMAC/s

It is measured in processes of their own, so that Snakemake need not import torch, and in several
at once, as jobs run: where two of a machine's "cores" are one, each then has half of it.
"""

import subprocess
import sys
import time
from statistics import mean

SECONDS = 1
AT_ONCE = 4  # processes at most
SHAPE = 4, 64, 56, 56  # of the maps, VGG-16's in the middle


def measure(cores: int) -> float | None:
    """Billions of multiply-adds a second of each of ``cores`` that are busy; None if it cannot be
    measured."""
    processes = [
        subprocess.Popen(
            [sys.executable, __file__],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(min(cores, AT_ONCE))
    ]
    answers = [process.communicate()[0] for process in processes]
    try:
        return mean(map(float, answers))
    except ValueError:
        return None


def _gmacs() -> float:
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(1)
    batch, channels, height, width = SHAPE
    maps, filters = torch.rand(SHAPE), torch.rand(channels, channels, 3, 3)
    work = batch * height * width * filters.numel() / 1e9
    F.conv2d(maps, filters, padding=1)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        F.conv2d(maps, filters, padding=1)
        count += 1
    return count * work / (time.perf_counter() - start)


if __name__ == "__main__":
    print(_gmacs())
