"""How fast this machine computes: convolutions of one thread, which most of a run consists of.

    python workflow/lib/machinery/speed.py      # prints GMAC/s

It is a process of its own, as importing torch takes a second that Snakemake need not wait for.
"""

import subprocess
import sys
import time

SECONDS = 0.5
SHAPE = 4, 64, 56, 56  # of the maps, VGG-16's in the middle


def measure() -> float | None:
    """Billions of multiply-adds a second of this machine; None if it cannot be measured."""
    answer = subprocess.run([sys.executable, __file__], capture_output=True, text=True)
    try:
        return float(answer.stdout)
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
