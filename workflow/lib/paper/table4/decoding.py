"""What a decoder takes, read from activations in HDF5."""

from torch import Tensor

from cnninvert.decoders.decoder import Decoder
from cnninvert.networks.layers import Pool
from paper.data.activations import Activations


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
