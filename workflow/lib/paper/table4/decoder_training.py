"""The training of a decoder on the photographs, with checkpoints."""

import logging
import math
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from cnninvert.decoders.decoder import Decoder
from cnninvert.decoders.training import DecoderRecipe, DecoderTraining
from cnninvert.networks.pretrained import Network
from machinery.checkpoints import Checkpoints
from machinery.errors import input_errors
from machinery.files import atomic_write, sha256
from machinery.hdf5 import read_photographs
from machinery.progress import progress
from paper.device import half_precision
from paper.seeds import generator
from paper.table4.decoder_data import Crops

log = logging.getLogger("cnninvert")

EVALUATIONS = 8  # points of the learning curve after the start
START_BATCHES, START_PIXELS = 16, 2**20  # the crops of the initialisation, at most so many
# Seconds; when a checkpoint is written never changes the result.
CHECKPOINT_EVERY = float(os.environ.get("CNNINVERT_CHECKPOINT_EVERY", 30))


def train(
    network: Network,
    photographs: Path,
    recipe: DecoderRecipe,
    crop: int,
    batch: int,
    seed: int,
    checkpoints: Checkpoints,
    device: torch.device,
) -> tuple[Decoder, pd.DataFrame]:
    """Train the decoder of ``recipe.layer`` on the crops in ``photographs`` (HDF5, dataset train).

    ``crop``: the side of the training images, in pixels; ``batch``: how many make a step. Returns
    the decoder of the best validation error, of plain layers, and the learning curve: step, loss
    (what is minimised, averaged since the last row: the mean squared error of pixels in [0, 1], and
    the losses at the pools if there are any) and error (relative, on photographs that are held
    out). A killed training goes on from its checkpoint. The same arguments give the same digits on
    a CPU. Raises InputError where there are too few photographs.
    """
    settings = {
        **asdict(recipe),
        "crop": crop,
        "batch": batch,
        "seed": seed,
        "device": device.type,
        "weights": sha256(network.path),
        "photographs": sha256(photographs),
        "code": checkpoints.code,
    }
    path = checkpoints.folder / "checkpoint.pt"
    with read_photographs(photographs, "train") as file:
        crops = Crops(file, seed, device)
        with input_errors():
            training = DecoderTraining(network, recipe, device, half_precision(device))
        state = _read(path, settings, device)
        if state:
            training.load_state(state)
            log.info("going on from step %d", training.step)
        else:
            rng = generator(seed, 2)
            count = min(START_BATCHES * batch, max(1, START_PIXELS // crop**2))
            training.start(crops.draw(count, crop, rng), crops.held_out(), rng)
            _write(path, settings, training)
        saved = time.monotonic()
        steps = range(training.step, recipe.steps)
        for step in progress(steps, f"decoder of {recipe.layer}, steps"):
            # A batch depends on seed and step alone, so there is no state of a generator to keep.
            training.advance(crops.draw(batch, crop, generator(seed, 3, step)))
            if training.step % math.ceil(recipe.steps / EVALUATIONS) == 0:
                training.evaluate(crops.held_out())
            if time.monotonic() - saved >= CHECKPOINT_EVERY:
                _write(path, settings, training)
                saved = time.monotonic()
        if training.curve[-1]["step"] != training.step:
            training.evaluate(crops.held_out())
    return training.best_decoder(), pd.DataFrame(training.curve)


def _write(path: Path, settings: dict[str, Any], training: DecoderTraining) -> None:
    """A kill leaves the old file or the new one."""
    with atomic_write(path) as part:
        torch.save({"settings": settings, "state": training.state()}, part)


def _read(path: Path, settings: dict[str, Any], device: torch.device) -> dict[str, Any] | None:
    """The training's state in ``path``, if there is one of the same ``settings``."""
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location=device, weights_only=True)
        known, state = content["settings"] == settings, content["state"]
    # Whatever exception a damaged file leads to: training then starts afresh.
    except Exception as error:
        log.warning("%s: it cannot be read and is not used (%s)", path, type(error).__name__)
        return None
    if not known:
        log.info("%s: it belongs to other settings and is not used", path)
    return state if known else None
