"""Training the decoders: Euclidean loss on pixels, the encoder frozen."""

import logging
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cnninvert.decoders.decoder import Decoder, encode
from cnninvert.decoders.initialisation import plain, start, trainable
from cnninvert.networks.layers import Pool
from cnninvert.networks.pretrained import Network
from cnninvert.operators.norms import norms
from cnninvert.operators.switches import Switches

log = logging.getLogger("cnninvert")

WARM_UP = 0.1  # share of the steps
RETREAT = 1.25  # times the least held-out error so far: where it is more, steps were too long
PATIENCE = 3  # comparisons in a row without a better one: so they were
BETAS = (0.9, 0.99)
STATE = ("units", "share", "step", "curve", "best", "worse")  # of a training, in its checkpoint


@dataclass(frozen=True)
class DecoderRecipe:
    """One training. ``learning_rate``: Adam's at its peak, in units of each layer's scale.

    ``pool_loss``: weight of the reconstruction losses at the pools between; 0: none.
    """

    layer: str
    switches: Switches
    steps: int
    learning_rate: float
    pool_loss: float


class DecoderTraining:
    """A decoder between two steps: its weights, the optimiser's moments and the curve so far.

    Images are uint8 RGB (B, 3, H, W), on ``device``. First ``start`` or ``load_state``; then
    ``advance`` and ``evaluate``, as the caller likes; at last ``best_decoder``. ``half``: whether
    to compute in bfloat16. Raises ValueError if the weights do not reach the layer.
    """

    def __init__(
        self, network: Network, recipe: DecoderRecipe, device: torch.device, half: bool = False
    ) -> None:
        self.network, self.recipe, self.device, self.half = network, recipe, device, half
        self.decoder = trainable(network, recipe.layer, recipe.switches).to(device)
        self.units: dict[str, float] = {}
        self.share = 1.0  # of the recipe's learning rate
        self.step = 0
        self.losses: list[Tensor] = []  # on the device: to read them is to wait for it
        self.curve: list[dict[str, float]] = []
        self.best: dict[str, Tensor] = {}
        self.worse = 0  # comparisons since the best one, or since training went back to it
        self.optimiser = self._optimiser()

    def start(self, images: Tensor, held_out: Tensor, rng: torch.Generator) -> None:
        """Initialise the decoder by least squares on ``images``: the curve's row 0."""
        self.units = start(self.decoder, self.network, images, rng)
        self.optimiser = self._optimiser()
        log.info("%s: initialised on %d crops", self.recipe.layer, len(images))
        self.evaluate(held_out)

    def advance(self, images: Tensor) -> None:
        """One step of Adam on ``images``."""
        for group in self.optimiser.param_groups:
            rate = self.share * self.recipe.learning_rate * self._schedule()
            group["lr"] = group["unit"] * rate
        loss = self.loss(images)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.losses.append(loss.detach())
        self.step += 1

    def evaluate(self, held_out: Tensor) -> None:
        """Add a row to the curve, and keep the weights if they are the best so far.

        If they are far from the best, or the third in a row without being better, training goes on
        from the best, with half the learning rate.
        """
        with torch.no_grad():
            errors = [relative_errors(self._decode(one), one) for one in held_out.split(4)]
        losses = self._losses()
        row = {
            "step": self.step,
            "loss": sum(losses) / len(losses) if losses else math.nan,
            "error": float(torch.cat(errors).mean()),
        }
        so_far = "training loss %(loss).5f, " if losses else ""
        log.info(f"step %(step)d: {so_far}relative error on held-out photographs %(error).4f", row)
        least = min((old["error"] for old in self.curve), default=math.inf)
        self.worse += 1
        if not self.best or row["error"] < least:
            self.worse = 0
            self.best = {name: value.clone() for name, value in self.decoder.state_dict().items()}
        # The negation catches NaN, too.
        elif not row["error"] <= RETREAT * least or self.worse == PATIENCE:
            self.share /= 2
            self.worse = 0
            self.decoder.load_state_dict(self.best)
            self.optimiser = self._optimiser()
            log.info("back to the best weights, with %g of the learning rate", self.share)
        self.curve.append(row)
        self.losses = []

    def best_decoder(self) -> Decoder:
        """The decoder of the least held-out error, of plain layers, in evaluation mode."""
        self.decoder.load_state_dict(self.best)
        return plain(self.decoder).eval()

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

    def state(self) -> dict[str, Any]:
        """All that the next steps depend on, of what ``torch.load`` reads with weights_only."""
        modules = {"decoder": self.decoder, "optimiser": self.optimiser}
        states = {name: module.state_dict() for name, module in modules.items()}
        kept = {name: getattr(self, name) for name in STATE}
        return states | kept | {"losses": self._losses()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` returned."""
        self.decoder.load_state_dict(state["decoder"])
        self.optimiser.load_state_dict(state["optimiser"])
        for name in STATE:
            setattr(self, name, state[name])
        self.losses = list(torch.tensor(state["losses"], device=self.device))

    def _losses(self) -> list[float]:
        return torch.stack(self.losses).tolist() if self.losses else []

    def _optimiser(self) -> torch.optim.Adam:
        # Adam's steps do not know the scale of what they change; with units, one learning rate
        # serves all layers, and weights of any preprocessing alike.
        groups = [
            {"params": [parameter], "unit": self.units.get(name)}
            for name, parameter in self.decoder.named_parameters()
        ]
        # Fused, it takes half the time, and on a GPU it counts its steps there.
        return torch.optim.Adam(groups, lr=self.recipe.learning_rate, betas=BETAS, fused=True)

    def _decode(self, images: Tensor) -> Tensor:
        with self._precision():
            with torch.no_grad():
                activation, places = encode(self.network, images, self.recipe.layer)
            return self.decoder(activation, places)

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)

    def _schedule(self) -> float:
        """Linear warm-up, then a cosine to zero."""
        steps = self.recipe.steps
        warm_up = max(1, round(WARM_UP * steps))
        if self.step < warm_up:
            return (self.step + 1) / warm_up
        done = min(1, (self.step - warm_up) / max(1, steps - warm_up))
        return (1 + math.cos(math.pi * done)) / 2


def relative_errors(decoded: Tensor, images: Tensor) -> Tensor:
    """(B,): ||decoded - x|| / ||x|| of each of the uint8 ``images``, x on the scale [0, 1].

    >>> relative_errors(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 255))
    tensor([1.])
    """
    x = images / 255
    return norms(decoded - x) / norms(x)
