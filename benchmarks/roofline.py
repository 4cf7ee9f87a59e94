"""What a device reaches in arithmetic and in memory (Williams, Waterman and Patterson, 2009)."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

# Sweeps over its map that the elementwise work of a layer in training makes, values read or
# written: batch norm forward 3 (statistics; read and write), pooling 1.25 (its output is a
# quarter) and as much backward, batch norm backward 5 (map and gradient twice; write).
SWEEPS = 10.5
CHAIN = 20  # operations in a row whose calls are timed


@dataclass(frozen=True)
class Roofline:
    """``multiply_adds`` a second at best; ``bytes`` a second of batch norm and pooling, less than
    the memory's own bandwidth; ``call``: seconds of an operation with next to nothing to do."""

    multiply_adds: float
    bytes: float
    call: float = 0.0

    def seconds(self, operations: float, traffic: float, calls: float = 0.0) -> float:
        """Of ``operations`` multiply-adds, ``traffic`` bytes and ``calls`` operations.

        The sum, not the maximum of the classical roofline: there one kernel computes while it
        moves data, here convolutions compute and other kernels move data, one after another.
        """
        return operations / self.multiply_adds + traffic / self.bytes + calls * self.call


@dataclass(frozen=True)
class Sizes:
    """Of the work that is timed: large enough to fill a device, small enough for milliseconds."""

    matrix: int  # side
    convolution: tuple[int, int]  # images of 16 x 16 places, channels
    map: int  # images of 64 channels and 32 x 32 places


SIZES = {"cpu": Sizes(1024, (64, 64), 50), "cuda": Sizes(4096, (512, 256), 512)}


def measure(device: torch.device, dtype: torch.dtype, seconds: float = 0.5) -> Roofline:
    """The roofline for tensors of ``dtype``, in about ``seconds``; needs gradients enabled.

    Arithmetic: the faster of a matrix product and a 5 x 5 convolution. Memory: batch norm and
    pooling in training, for plain copies are several times as fast and so no measure of them.
    """
    sizes, share = SIZES[device.type], seconds / 4
    images, channels = sizes.convolution
    matrix = torch.randn(sizes.matrix, sizes.matrix, device=device).to(dtype)
    places = _map(images, channels, 16, device, dtype)
    filters = _map(channels, channels, 5, device, dtype)
    product = _fastest(lambda: matrix @ matrix, device, share)
    convolution = _fastest(lambda: F.conv2d(places, filters, padding="same"), device, share)
    x = _map(sizes.map, 64, 32, device, dtype).requires_grad_()
    return Roofline(
        multiply_adds=max(
            sizes.matrix**3 / product, images * (16 * 5 * channels) ** 2 / convolution
        ),
        bytes=SWEEPS * x.nbytes / _fastest(_elementwise(x), device, share),
        call=_fastest(_chain(torch.ones(1, device=device)), device, share) / (2 * CHAIN),
    )


def _map(images: int, channels: int, side: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    x = torch.randn(images, channels, side, side, device=device).to(dtype)
    return x.contiguous(memory_format=torch.channels_last)


def _elementwise(x: Tensor) -> Callable[[], object]:
    norm = torch.nn.BatchNorm2d(x.shape[1], device=x.device)
    gradient = torch.ones_like(F.max_pool2d(x.detach(), 2))
    return lambda: torch.autograd.grad(F.max_pool2d(norm(x), 2), x, gradient)


def _chain(x: Tensor) -> Callable[[], object]:
    """``CHAIN`` operations forward and as many backward."""
    x.requires_grad_()

    def work() -> object:
        y = x
        for _ in range(CHAIN):
            y = F.relu(y)
        return torch.autograd.grad(y, x)

    return work


def _fastest(work: Callable[[], object], device: torch.device, seconds: float) -> float:
    """Seconds of the fastest of as many calls as take ``seconds``, after one to warm up."""

    def timed() -> float:
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start

    timed()
    times = [timed()]
    while sum(times) < seconds:
        times.append(timed())
    return min(times)
