"""Training the decoders: Euclidean loss on pixels, the encoder frozen."""

import logging
import math
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from cnninvert.decoder import Decoder, encode
from cnninvert.decoder_data import Crops
from cnninvert.decoder_start import plain, start, trainable
from cnninvert.device import generator, half_precision
from cnninvert.files import sha256, whole
from cnninvert.hdf5 import read_photographs
from cnninvert.imports import closure
from cnninvert.layers import Pool
from cnninvert.networks import Network
from cnninvert.norms import norms
from cnninvert.progress import progress
from cnninvert.switches import Switches

log = logging.getLogger("cnninvert")

EVALUATIONS = 8  # points of the learning curve after the start
START_BATCHES, START_PIXELS = 16, 2**20  # the crops of the initialisation, at most so many
WARM_UP = 0.1  # share of the steps
RETREAT = 1.25  # times the least held-out error so far: where it is more, steps were too long
BETAS = (0.9, 0.99)
# Whose checkpoints these are.
CODE = closure(Path(__file__))
KEPT = ("units", "share", "step", "losses", "curve", "best")  # of a Training, in its checkpoint
# Seconds; when a checkpoint is written never changes the result.
CHECKPOINT_EVERY = float(os.environ.get("CNNINVERT_CHECKPOINT_EVERY", 30))


@dataclass(frozen=True)
class Recipe:
    """One training. ``learning_rate``: Adam's at its peak, in units of each layer's scale.

    ``pool_loss``: weight of the reconstruction losses at the pools between; 0: none.
    """

    layer: str
    switches: Switches
    steps: int
    crop: int
    batch: int
    learning_rate: float
    pool_loss: float
    seed: int


def train(
    network: Network, photographs: Path, recipe: Recipe, state: Path, device: torch.device
) -> tuple[Decoder, pd.DataFrame]:
    """Train the decoder of ``recipe.layer`` on the crops in ``photographs`` (HDF5, dataset train).

    Returns the decoder of the best validation error, of plain layers, and the learning curve: step,
    loss (what is minimised, averaged since the last row: the mean squared error of pixels in
    [0, 1], and the losses at the pools if there are any) and error (relative, on photographs that
    are held out). A killed training goes on from its checkpoint in ``state``. The same recipe gives
    the same digits on a CPU. Raises InputError where there are too few photographs.
    """
    settings = {
        **asdict(recipe),
        "device": device.type,
        "weights": sha256(network.path),
        "photographs": sha256(photographs),
        "code": [sha256(path) for path in CODE],
    }
    with read_photographs(photographs, "train") as file:
        crops = Crops(file, recipe.seed, device)
        training = Training(network, recipe, device)
        if not training.resume(state, settings):
            training.start(crops)
            training.save(state, settings)
        saved = time.monotonic()
        steps = range(training.step, recipe.steps)
        for step in progress(steps, f"decoder of {recipe.layer}, steps"):
            # A batch depends on seed and step alone, so there is no state of a generator to keep.
            rng = generator(recipe.seed, 3, step)
            training.advance(crops.draw(recipe.batch, recipe.crop, rng))
            if training.step % math.ceil(recipe.steps / EVALUATIONS) == 0:
                training.evaluate(crops)
            if time.monotonic() - saved >= CHECKPOINT_EVERY:
                training.save(state, settings)
                saved = time.monotonic()
        if training.curve[-1]["step"] != training.step:
            training.evaluate(crops)
    training.decoder.load_state_dict(training.best)
    return plain(training.decoder).eval(), pd.DataFrame(training.curve)


class Training:
    """A decoder between two steps: its weights, the optimiser's moments and the curve so far."""

    def __init__(self, network: Network, recipe: Recipe, device: torch.device) -> None:
        self.network, self.recipe, self.device = network, recipe, device
        self.decoder = trainable(network, recipe.layer, recipe.switches).to(device)
        self.units: dict[str, float] = {}
        self.share = 1.0  # of the recipe's learning rate
        self.step = 0
        self.losses: list[float] = []
        self.curve: list[dict[str, float]] = []
        self.best: dict[str, Tensor] = {}
        self.optimiser = self._optimiser()

    def _optimiser(self) -> torch.optim.Adam:
        # Adam's steps do not know the scale of what they change; with units, one learning rate
        # serves all layers, and weights of any preprocessing alike.
        groups = [
            {"params": [parameter], "unit": self.units.get(name)}
            for name, parameter in self.decoder.named_parameters()
        ]
        return torch.optim.Adam(groups, lr=self.recipe.learning_rate, betas=BETAS)

    def start(self, crops: Crops) -> None:
        """Initialise the decoder by least squares on training crops: the curve's row 0."""
        rng, side = generator(self.recipe.seed, 2), self.recipe.crop
        count = min(START_BATCHES * self.recipe.batch, max(1, START_PIXELS // side**2))
        images = crops.draw(count, side, rng)
        self.units = start(self.decoder, self.network, images, rng)
        self.optimiser = self._optimiser()
        log.info("%s: initialised on %d crops", self.recipe.layer, count)
        self.evaluate(crops)

    def loss(self, images: Tensor) -> Tensor:
        """Mean squared error of the pixels, and of the mirrored pools relative to their energy.

        With these the autoencoder is the "SWWAE-all" of Zhang, Lee and Lee.
        """
        weight, loss = self.recipe.pool_loss, 0.0
        with self._precision():
            with torch.no_grad():
                steps = self.network.steps(images, self.recipe.layer)
                pools = {step.layer.name: step for step in steps if isinstance(step.layer, Pool)}
            places = {name: pool.places for name, pool in pools.items()}
            top = pools.pop(self.recipe.layer).output
            for name, x in self.decoder.rebuild(top, places):
                if weight and name in pools:
                    target = pools[name].output.float()
                    loss += weight * (x - target).square().sum() / target.square().sum()
        return loss + (x - images / 255).square().mean()

    def advance(self, images: Tensor) -> None:
        """One step of Adam on uint8 ``images``."""
        for group in self.optimiser.param_groups:
            rate = self.share * self.recipe.learning_rate * self._schedule()
            group["lr"] = group["unit"] * rate
        loss = self.loss(images)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.losses.append(loss.item())
        self.step += 1

    def evaluate(self, crops: Crops) -> None:
        """Add a row to the curve, and keep the weights if they are the best so far.

        If they are far from the best, training goes on from those, with half the learning rate.
        """
        images = crops.held_out()
        with torch.no_grad():
            errors = [relative_errors(self._decode(one), one) for one in images.split(4)]
        row = {
            "step": self.step,
            "loss": sum(self.losses) / len(self.losses) if self.losses else math.nan,
            "error": float(torch.cat(errors).mean()),
        }
        log.info(
            "step %(step)d: training loss %(loss).5f, relative error on held-out photographs "
            "%(error).4f",
            row,
        )
        least = min((old["error"] for old in self.curve), default=math.inf)
        if not self.best or row["error"] < least:
            self.best = {name: value.clone() for name, value in self.decoder.state_dict().items()}
        # The negation catches NaN, too.
        elif not row["error"] <= RETREAT * least:
            self.share /= 2
            self.decoder.load_state_dict(self.best)
            self.optimiser = self._optimiser()
            log.info("back to the best weights, with %g of the learning rate", self.share)
        self.curve.append(row)
        self.losses = []

    def save(self, state: Path, settings: dict[str, Any]) -> None:
        """Write all that the next steps depend on; a kill leaves the old file or the new one."""
        content = {"settings": settings, "decoder": self.decoder.state_dict()}
        content["optimiser"] = self.optimiser.state_dict()
        content |= {name: getattr(self, name) for name in KEPT}
        with whole(_checkpoint(state)) as part:
            torch.save(content, part)

    def resume(self, state: Path, settings: dict[str, Any]) -> bool:
        """Go on from the checkpoint in ``state``, if there is one of the same ``settings``."""
        path = _checkpoint(state)
        if not path.exists():
            return False
        try:
            content = torch.load(path, map_location=self.device, weights_only=True)
            if content["settings"] != settings:
                log.info("%s: it belongs to other settings and is not used", path)
                return False
            self.decoder.load_state_dict(content["decoder"])
            self.optimiser.load_state_dict(content["optimiser"])
            for name in KEPT:
                setattr(self, name, content[name])
        # Whatever a damaged file makes of itself: training then starts afresh.
        except Exception as error:
            log.warning("%s: it cannot be read and is not used (%s)", path, type(error).__name__)
            return False
        log.info("going on from step %d", self.step)
        return True

    def _decode(self, images: Tensor) -> Tensor:
        with self._precision():
            with torch.no_grad():
                activation, places = encode(self.network, images, self.recipe.layer)
            return self.decoder(activation, places)

    def _precision(self) -> torch.autocast:
        half = half_precision(self.device)
        return torch.autocast(self.device.type, torch.bfloat16, enabled=half)

    def _schedule(self) -> float:
        """Linear warm-up, then a cosine to zero."""
        steps = self.recipe.steps
        warm_up = max(1, round(WARM_UP * steps))
        if self.step < warm_up:
            return (self.step + 1) / warm_up
        return (1 + math.cos(math.pi * (self.step - warm_up) / (steps - warm_up))) / 2


def relative_errors(decoded: Tensor, images: Tensor) -> Tensor:
    """||decoded - x|| / ||x|| of each of the uint8 ``images``, x on the scale [0, 1]: (B,)."""
    x = images / 255
    return norms(decoded - x) / norms(x)


def _checkpoint(state: Path) -> Path:
    return state / "checkpoint.pt"
