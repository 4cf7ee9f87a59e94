"""What is known of a picture: activations of a layer, pooling switches, signs before ReLUs."""

from collections.abc import Collection
from dataclasses import dataclass, field

import torch
from torch import Tensor

from cnninvert.networks.graph import Layer, TracedNetwork

RELUS = ("ReLU", "relu", "relu_")


@dataclass(frozen=True)
class Known:
    """What is known of B pictures at the layer ``layer`` and before it.

    ``values`` (B, C, h, w): the layer's output, or None. ``indices``: for max-poolings up to the
    layer, by name, where each maximum was, as ``max_pool2d(..., return_indices=True)`` gives it.
    ``masks``: for ReLUs before the layer, by name, which inputs were positive.
    """

    layer: str
    values: Tensor | None = None
    indices: dict[str, Tensor] = field(default_factory=dict)
    masks: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {len(tensor) for tensor in self._tensors()}
        if not sizes:
            raise ValueError("nothing is known: give values, indices or masks")
        if len(sizes) > 1:
            raise ValueError(f"values, indices and masks are of {sorted(sizes)} pictures")

    def _tensors(self) -> list[Tensor]:
        values = [] if self.values is None else [self.values]
        return [*values, *self.indices.values(), *self.masks.values()]

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self._tensors()[0])

    @property
    def device(self) -> torch.device:
        return self._tensors()[0].device

    def __getitem__(self, which: Tensor | slice) -> "Known":
        """The same of some of the pictures."""
        return Known(
            self.layer,
            None if self.values is None else self.values[which],
            {name: tensor[which] for name, tensor in self.indices.items()},
            {name: tensor[which] for name, tensor in self.masks.items()},
        )


@torch.no_grad()
def observe(
    network: TracedNetwork,
    x: Tensor,
    layer: str,
    values: bool = True,
    switches: bool | Collection[str] = True,
    masks: bool = False,
) -> Known:
    """What the network's input ``x`` (B, C, H, W) lets one know at ``layer``.

    ``x`` is what ``Preprocessing.normalise`` makes of pictures in [0, 1]. ``switches``: those of
    all max-poolings up to the layer, of none, or of those named. ``masks``: whether the signs
    before all ReLUs are known. Raises ValueError for layers that the network lacks, poolings that
    do not come before the layer, and inputs that are not the network's.
    """
    check_input(network, x)
    poolings = [each.name for each in layers_up_to(network, layer) if each.kind == "max_pool"]
    wanted = poolings if switches is True else list(switches or ())
    if late := [name for name in wanted if name not in poolings]:
        raise ValueError(f"{', '.join(late)}: no max-pooling up to {layer}; there are {poolings}")
    relus = [each.name for each in layers_up_to(network, layer) if is_relu(each)]
    relus = [name for name in relus if name != layer] if masks else []
    found_masks: dict[str, Tensor] = {}

    def remember(name):
        def relu(z: Tensor) -> Tensor:
            found_masks[name] = z > 0
            return torch.relu(z)

        return relu

    indices: dict[str, Tensor] = {}
    replace = {name: remember(name) for name in relus}
    output = None
    for output in network.run(x, last=layer, indices=bool(wanted), replace=replace):
        if output.layer.name in wanted:
            indices[output.layer.name] = output.indices
    return Known(layer, output.values.clone() if values else None, indices, found_masks)


def check_input(network: TracedNetwork, x: Tensor) -> None:
    """Raise ValueError unless ``x`` has the network's dtype, and the shape it was traced for."""
    if tuple(x.shape[1:]) != network.input_shape or not x.is_floating_point():
        shape = ", ".join(map(str, network.input_shape))
        raise ValueError(
            f"the network takes (B, {shape}) of floats, not {tuple(x.shape)} of {x.dtype}"
        )
    types = {each.dtype for each in network.graph.parameters()} - {x.dtype}
    if types:
        raise ValueError(f"the network's parameters are {types.pop()}, and its input is {x.dtype}")


def layers_up_to(network: TracedNetwork, layer: str) -> list[Layer]:
    """The layers that ``layer`` depends on, and itself, in the order in which they run."""
    needed = {network.layer(layer).name}
    for each in reversed(network.layers.values()):
        if each.name in needed:
            needed.update(each.inputs)
    return [each for each in network.layers.values() if each.name in needed]


def is_relu(layer: Layer) -> bool:
    return layer.kind == "activation" and layer.operation in RELUS
