"""What finds pictures from a layer's values: ours, and peers, each for a number of seconds."""

import io
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnninvert import invert, observe
from cnninvert.inversion.natural import BRIGHTNESS
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.norms import norms


@dataclass(frozen=True)
class Task:
    """``x`` (1, 3, H, W) in [0, 1], to be found from ``layer``'s values, in about ``seconds``."""

    network: TracedNetwork
    preprocessing: Preprocessing
    layer: str
    x: Tensor
    seconds: float

    def values(self, pictures: Tensor) -> Tensor:
        return Encoder(self)(pictures)


class Encoder(nn.Module):
    """Pictures in [0, 1] to the layer's values, divided by the root mean square of ``task.x``'s."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task, self.output, self.scale = task, nn.Identity(), 1.0
        with torch.no_grad():
            self.scale = self(task.x).square().mean().sqrt().item()

    def forward(self, pictures: Tensor) -> Tensor:
        inputs = self.task.preprocessing.normalise(pictures)
        values = None
        for found in self.task.network.run(inputs, last=self.task.layer):
            values = found.values
        return self.output(values / self.scale)


# What is known, and a picture each time that one is to be compared.
Method = Callable[[Task], Iterator[Tensor]]


def ours(values: bool, switches: bool) -> Method:
    """``cnninvert.invert``, with more evaluations each time: each point is a run of its own."""

    def run(task: Task) -> Iterator[Tensor]:
        inputs = task.preprocessing.normalise(task.x)
        known = observe(task.network, inputs, task.layer, values=values, switches=switches)
        evaluations, spent = 30, 0.0
        while spent < task.seconds / 2:
            began = time.perf_counter()
            # With a given start, none is tried again: more time is what the next point has.
            given = {"start": BRIGHTNESS, "evaluations": evaluations}
            found = invert(task.network, known, task.preprocessing, **given)
            yield found.pictures
            spent, evaluations = time.perf_counter() - began, 2 * evaluations

    return run


def plenoptic(task: Task) -> Iterator[Tensor]:
    """Metamer synthesis of the package plenoptic, with its defaults: Adam, mean squared error."""
    import plenoptic

    plenoptic.set_seed(0)
    metamer = plenoptic.Metamer(task.x, plenoptic_model(task))
    metamer.setup(initial_image=torch.rand(task.x.shape))
    while True:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            metamer.synthesize(max_iter=20, stop_criterion=0)
        yield metamer.metamer.detach().clone()


def plenoptic_model(task: Task) -> nn.Module:
    return Encoder(task).eval()


def bdpy(task: Task) -> Iterator[Tensor]:
    """iCNN of the package bdpy, with its defaults; pixels up to 255, and steps for the time given.

    Its learning rate falls to zero over the steps, so that each point is a run of its own.
    """
    import numpy as np
    from bdpy.recon.torch import icnn

    encoder = Encoder(task)
    with torch.no_grad():
        features = {"values": encoder(task.x).numpy()}
    steps, spent = 50, 0.0
    while spent < task.seconds / 2:
        began = time.perf_counter()
        np.random.seed(0)
        with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
            found = icnn.reconstruct(
                features,
                Bytes(encoder),
                layer_mapping={"values": "encoder.output"},
                n_iter=steps,
                image_size=task.x.shape[1:],
                save_snapshot=False,
                output_dir=folder,
            )
        yield torch.from_numpy(found[None] / 255).float()
        spent, steps = time.perf_counter() - began, 2 * steps


class Bytes(nn.Module):
    """An ``encoder`` of pictures in [0, 255]."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pictures: Tensor) -> Tensor:
        return self.encoder(pictures / 255)


def mahendran_vedaldi(task: Task) -> Iterator[Tensor]:
    """Relative error of the values, an alpha norm and the total variation, by Adam.

    The objective of Mahendran and Vedaldi (CVPR 2015), sections 2 and 3: alpha = 6, beta = 2, the
    former's weight by the size of a pixel's range, the latter's chosen among five in the first
    tenth of the time, for the smallest error of the values. They use gradient descent with
    momentum; Adam falls faster here.
    """
    encoder = Encoder(task)
    with torch.no_grad():
        known = encoder(task.x)
    size = task.x.numel()

    def objective(x: Tensor, variation: float) -> Tensor:
        values = (encoder(x) - known).square().sum() / known.square().sum()
        alpha = (2 * (x - 0.5)).pow(6).sum() / size
        steps = [x.diff(dim=axis).square().sum() for axis in (2, 3)]
        return values + 1e-2 * alpha + variation * sum(steps) / size

    def descend(variation: float) -> Iterator[Tensor]:
        x = 0.5 + 0.1 * torch.randn(task.x.shape, generator=torch.Generator().manual_seed(0))
        x.requires_grad_()
        adam = torch.optim.Adam([x], lr=0.02, betas=(0.9, 0.99))
        while True:
            adam.zero_grad()
            objective(x, variation).backward()
            adam.step()
            yield x.detach().clone()

    best, least = None, float("inf")
    for variation in (0.0, 1e-2, 1e-1, 1.0, 10.0):
        began = time.perf_counter()
        trial = next(
            x for x in descend(variation) if time.perf_counter() - began > task.seconds / 50
        )
        with torch.no_grad():
            error = (encoder(trial) - known).norm().item()
        if error < least:
            best, least = variation, error
    for number, x in enumerate(descend(best), start=1):
        if number % 20 == 0:
            yield x


METHODS: dict[tuple[str, str], Method] = {
    ("ours", "values, switches"): ours(True, True),
    ("ours", "switches"): ours(False, True),
    ("ours", "values"): ours(True, False),
    ("plenoptic", "values"): plenoptic,
    ("bdpy", "values"): bdpy,
    ("Mahendran and Vedaldi", "values"): mahendran_vedaldi,
}
FRESH = ("ours", "bdpy")  # each point is a run of its own: the clock starts again


def measure(task: Task, name: str, method: Method) -> Iterator[dict[str, float]]:
    """Seconds and errors of each picture that the method gives within the time."""
    with torch.no_grad():
        known = task.values(task.x)
    began = time.perf_counter()
    aside = 0.0
    pictures = method(task)
    while True:
        try:
            found = next(pictures)
        except StopIteration:
            return
        now = time.perf_counter()
        with torch.no_grad():
            shown = found.clamp(0, 1)
            yield {
                "seconds": now - began - aside,
                "relative_error": (norms(shown - task.x) / norms(task.x)).item(),
                "activation_error": (norms(task.values(shown) - known) / norms(known)).item(),
            }
        if name in FRESH:
            began, aside = time.perf_counter(), 0.0
        else:
            aside += time.perf_counter() - now
            if now - began - aside > task.seconds:
                return
