"""How a decoder's training begins: layer by layer, by least squares."""

import torch
from torch import Tensor

from cnninvert.decoders.decoder import Decoder
from cnninvert.decoders.whitened import WhitenedMirror
from cnninvert.networks.layers import Conv
from cnninvert.networks.pretrained import Network
from cnninvert.operators.switches import Switches


def trainable(network: Network, layer: str, switches: Switches) -> Decoder:
    """The decoder of the network's pool ``layer``, of layers that can be started and trained.

    Raises ValueError if the weights do not reach the layer.
    """
    if layer not in [step.name for step in network.layers]:
        raise ValueError(
            f"{network.path}: the weights end at {network.layers[-1].name}, "
            f"so there is no {layer} to decode."
        )
    return Decoder(network.architecture, layer, switches, WhitenedMirror)


@torch.no_grad()
def start(
    decoder: Decoder, network: Network, images: Tensor, rng: torch.Generator
) -> dict[str, float]:
    """Initialise a ``trainable`` decoder on uint8 RGB ``images``: from the top, each layer alone.

    A layer is fitted by least squares, before its ReLU, to the activation that it mirrors: what the
    encoder's convolution of that name received. A layer-sequential start as of LSUV (Mishkin and
    Matas, ICLR 2016), but of weights and not of scales alone: rescaled transposed filters of the
    encoder start two to three times as far from the pictures.
    Returns each parameter's unit, by which Adam's steps are measured: if all weights of a layer
    move by one unit, its outputs move by about as much as they measure, or less.
    """
    targets, places, x = {}, {}, images
    for step in network.steps(images, decoder.layer):
        if step.places is None:
            targets[step.layer.name] = x
        else:
            places[step.layer.name] = step.places
        x = step.output
    targets[decoder.steps[-1].name] = images / 255 - decoder.mean
    units = {}
    for step in decoder.steps:
        if isinstance(step, Conv):
            target = targets.pop(step.name)
            decoder.mirrors[step.name].fit(x, target, rng)
            products = step.outputs * (step.size / step.stride) ** 2  # that make an output
            unit = float(target.square().mean().sqrt()) / products
            units |= {f"mirrors.{step.name}.{name}": unit for name in ("weight", "bias")}
        x = decoder.undo(step, x, places)
    return units


@torch.no_grad()
def plain(decoder: Decoder) -> Decoder:
    """The same decoder of plain transposed convolutions: it gives the same pictures."""
    folded = Decoder(decoder.architecture, decoder.layer, decoder.switches).to(decoder.mean.device)
    for name, mirror in decoder.mirrors.items():
        weight, bias = mirror.folded()
        folded.mirrors[name].load_state_dict({"weight": weight, "bias": bias})
    return folded
