"""Where the theory looks at a network: what a convolution takes, and what becomes of its codes."""

from dataclasses import dataclass

from cnninvert.networks.graph import INPUT, Layer, TracedNetwork
from machinery.errors import InputError

# What an activation passes on its way to the next convolution, and is still an activation.
PASSED = ("max_pool", "average_pool", "padding")
# What a convolution's values pass on their way to their activation.
BEFORE_ACTIVATION = ("batch_norm", "add")
LAID_OVER = 2  # side of the regions that are laid over responses that no pooling follows


@dataclass(frozen=True)
class Place:
    """A convolution whose input is an activation: one IHT step reconstructs that.

    ``activation``: the layer that it comes from; ``pools``: how many max-poolings run before it;
    ``after_pool``: whether it takes the output of one.
    ``region``: the side of the pooling regions of its responses; ``pooled``: whether the network
    pools them so, or regions are laid over them.
    """

    convolution: Layer
    activation: Layer
    pools: int
    after_pool: bool
    region: int
    pooled: bool


def convolutions(network: TracedNetwork) -> list[Layer]:
    """The network's convolutions; InputError if there is none."""
    if not network.convolutions:
        raise InputError("this network has no convolution; name another one.")
    return network.convolutions


def places(network: TracedNetwork) -> list[Place]:
    """Every place where an activation meets the next convolution, in order."""
    found, pools = [], 0
    for layer in network.of_kind("convolution", "max_pool"):
        if layer.kind == "max_pool":
            pools += 1
            continue
        activation = activation_before(network, layer)
        if activation is None:
            continue
        region = regions_after(network, layer)
        after_pool = network.layers[layer.inputs[0]].kind == "max_pool"
        pooled = region is not None
        found.append(Place(layer, activation, pools, after_pool, region or LAID_OVER, pooled))
    return found


def activation_before(network: TracedNetwork, layer: Layer) -> Layer | None:
    """The activation that ``layer`` takes, perhaps pooled or padded; None if it takes another."""
    while layer.inputs and layer.inputs[0] != INPUT:
        layer = network.layers[layer.inputs[0]]
        if layer.kind == "activation":
            return layer
        if layer.kind not in PASSED:
            return None
    return None


def activation_after(network: TracedNetwork, layer: Layer) -> Layer | None:
    """The activation of what ``layer`` computes; None where it has none."""
    for after in network.after(layer.name):
        if after.kind == "activation":
            return after
        if after.kind in BEFORE_ACTIVATION:
            return activation_after(network, after)
    return None


def regions_after(network: TracedNetwork, layer: Layer) -> int | None:
    """The side of the regions that the activations of ``layer`` are pooled over, if they tile."""
    activation = activation_after(network, layer)
    for pool in network.after(activation.name) if activation else ():
        module = pool.module
        if pool.kind != "max_pool" or module is None:
            continue
        sides = {*_pair(module.kernel_size), *_pair(module.stride)}
        if len(sides) == 1 and {*_pair(module.padding), *_pair(module.dilation)} == {0, 1}:
            return sides.pop()
    return None


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)
