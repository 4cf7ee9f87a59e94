"""The layers of a network at which one asks what is left of a picture."""

from cnninvert.networks.graph import TracedNetwork


def activations_and_poolings(network: TracedNetwork, names: list[str] | None) -> list[str]:
    """``names``, or all activations and max-poolings; ValueError for a name that there is not."""
    if names is None:
        return [layer.name for layer in network.of_kind("activation", "max_pool")]
    return [network.layer(name).name for name in names]
