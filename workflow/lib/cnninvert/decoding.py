"""From activations kept in HDF5 to pictures of 8 bits: what stands around a decoder's forward."""

import torch
from torch import Tensor

from cnninvert.activations import Activations
from cnninvert.decoder import Decoder
from cnninvert.layers import Pool


def read_code(
    activations: Activations, decoder: Decoder, start: int, stop: int
) -> tuple[Tensor, dict[str, Tensor]]:
    """What ``decoder`` takes for images ``start`` to ``stop``: activations and places.

    Both are on the decoder's device.
    """
    x = activations.read(decoder.layer, "output", start, stop).to(decoder.mean.device)
    return x, read_places(activations, decoder, start, stop)


def read_places(
    activations: Activations, decoder: Decoder, start: int, stop: int
) -> dict[str, Tensor]:
    """The places of every pool that ``decoder`` undoes; none for one with fixed switches."""
    if decoder.switches == "fixed":
        return {}
    pools = [step.name for step in decoder.steps if isinstance(step, Pool)]
    device = decoder.mean.device
    return {name: activations.read(name, "places", start, stop).to(device) for name in pools}


def eight_bit(pictures: Tensor) -> Tensor:
    """Pictures on the scale [0, 1], clipped to it and rounded: uint8 of the same shape."""
    return (pictures * 255).clamp_(0, 255).round_().to(torch.uint8)
