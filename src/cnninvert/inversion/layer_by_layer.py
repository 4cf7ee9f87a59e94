"""Layer by layer, as the paper would extend its model: each input by sparse recovery of its own.

Multilayer convolutional sparse coding (Papyan, Romano and Elad 2017; Sulam, Aberdam, Beck and Elad
2019) and the inversion of Lei, Jalal, Dhillon and Dimakis (2019) go from layer to layer like this.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnninvert.inversion.known import Known, is_relu, layers_up_to
from cnninvert.networks.graph import INPUT, TracedNetwork
from cnninvert.networks.layer_operator import module_operator
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.regions import Regions

PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)  # of the l1 norm, as fractions of the least that gives zero


@dataclass(frozen=True)
class Outputs:
    """What is known of a convolution's outputs (1, C, H, W): some are equal, others at most.

    ``equal``: which ones are ``values``; the others do not exceed ``values``.
    """

    values: Tensor
    equal: Tensor


@dataclass(frozen=True)
class Undone:
    """The input of the convolution ``layer``: what was ``found``, and from how many equations."""

    layer: str
    found: Tensor
    equations: int


def undo_layers(
    network: TracedNetwork, known: Known, preprocessing: Preprocessing, iterations: int = 200
) -> Iterator[Undone]:
    """From the values and switches of a layer of one picture back to the pixels.

    Yields the input of each convolution, the last one first; each is taken for true in the next
    step. ``iterations``: of FISTA, for each penalty. Raises ValueError for several pictures, and
    where the network branches, has other layers than convolutions, ReLUs and max-poolings, a
    convolution whose input is not rectified, a pooling without its switches, or one of another's
    output.
    """
    if len(known) != 1:
        raise ValueError(f"{len(known)} pictures are known; layers are undone for one at a time")
    outputs, values = None, known.values
    layers = layers_up_to(network, known.layer)
    if values is None:
        raise ValueError(f"the values of {known.layer} must be known")
    for layer in reversed(layers):
        after = [each for each in layers if layer.name in each.inputs]
        if len(layer.inputs) != 1 or len(after) > 1:
            raise ValueError(f"{layer.name}: the network branches here")
        if layer.kind == "max_pool":
            if outputs is not None:
                raise ValueError(f"{layer.name}: a pooling follows it, which is not undone")
            if layer.name not in known.indices:
                raise ValueError(f"the switches of {layer.name} must be known")
            regions = network.regions(layer.name)
            outputs = _before_pooling(regions, values, known.indices[layer.name])
        elif is_relu(layer):
            outputs = outputs or Outputs(values, values > 0)
        elif layer.kind == "convolution":
            first = layer.inputs[0] == INPUT
            if not first and not _is_rectified(network, layer.inputs[0]):
                raise ValueError(f"{layer.name}: its input {layer.inputs[0]} may be negative")
            outputs = outputs or Outputs(values, torch.ones_like(values, dtype=torch.bool))
            bounds = _pixels(preprocessing) if first else (0.0, torch.inf)
            shape = (1, *network.shape_before(layer.name))
            values = undo(layer.module, outputs, shape, bounds, not first, iterations)
            yield Undone(layer.name, values, int(outputs.equal.sum()))
            outputs = None
        else:
            raise ValueError(f"{layer.name}: a layer of kind {layer.kind} is not undone")


def undo(
    conv: nn.Conv2d,
    outputs: Outputs,
    shape: tuple[int, ...],
    bounds: tuple[Tensor | float, Tensor | float],
    sparse: bool,
    iterations: int,
) -> Tensor:
    """The input of ``conv``, of this ``shape`` and within ``bounds``, that fits its ``outputs``.

    Half the squared error of what is equal, and of what exceeds its limit; plus, if the input is
    ``sparse``, the l1 norm with each of ``PENALTIES`` in turn. By FISTA (Beck and Teboulle 2009)
    with restarts where the objective's gradient turns (O'Donoghue and Candes 2015).

    >>> conv = nn.Conv2d(1, 4, 3, padding=1)
    >>> truth = F.relu(torch.randn(1, 1, 6, 6))
    >>> y = conv(truth).detach()
    >>> found = undo(conv, Outputs(y, y > -9), truth.shape, (0.0, torch.inf), True, 300)
    >>> bool((found - truth).norm() < 0.05 * truth.norm())
    True
    """

    def gradient(x: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            off = conv(x) - outputs.values
            off = torch.where(outputs.equal, off, F.relu(off))
            return torch.autograd.grad(off.square().sum() / 2, x)[0]

    lower, upper = (torch.as_tensor(bound).to(outputs.values) for bound in bounds)
    x = torch.zeros(shape, dtype=outputs.values.dtype, device=outputs.values.device)
    x = x.clamp(lower, upper) if sparse else ((lower + upper) / 2).expand(shape).clone()
    operator = replace(module_operator(conv, shape[2:]), filters=conv.weight.detach())  # own norms
    # Power iteration comes from below, by about 1 %.
    step = 1 / (1.05 * operator.largest_eigenvalue())
    most = (-gradient(x)).amax() if sparse else 0.0
    for penalty in PENALTIES if sparse else PENALTIES[-1:]:
        shrink = step * penalty * most
        ahead, momentum = x, 1.0
        for _ in range(iterations):
            new = (ahead - step * gradient(ahead) - shrink).clamp(lower, upper)
            if ((ahead - new) * (new - x)).sum() > 0:
                momentum = 1.0
            following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
            ahead = new + (momentum - 1) / following * (new - x)
            x, momentum = new, following
    return x


def _is_rectified(network: TracedNetwork, name: str) -> bool:
    """Whether the layer is a ReLU, or a pooling of one."""
    layer = network.layer(name)
    while layer.kind == "max_pool" and layer.inputs[0] != INPUT:
        layer = network.layer(layer.inputs[0])
    return is_relu(layer)


def _before_pooling(regions: Regions, values: Tensor, indices: Tensor) -> Outputs:
    """A region's maximum is at its place; nothing else in it, and in regions of zeros, is more."""
    rows, columns = regions.rows, regions.columns
    flat = values.flatten(2)
    equal = torch.zeros(*flat.shape[:2], rows * columns, dtype=torch.bool, device=values.device)
    equal = equal.scatter(2, indices.flatten(2), flat > 0)
    limits = torch.full(equal.shape, torch.inf, dtype=values.dtype, device=values.device)
    numbers = torch.arange(rows * columns, dtype=values.dtype, device=values.device)
    for places in regions.places_of(numbers.view(1, 1, rows, columns)):
        inside = places.isfinite().flatten()
        at = places.flatten()[inside].long().expand(*flat.shape[:2], -1)
        limits = limits.scatter_reduce(2, at, flat[:, :, inside], "amin")
    shape = (*flat.shape[:2], rows, columns)
    # Where no region reaches, nothing is known.
    return Outputs(limits.clamp_max(torch.finfo(values.dtype).max).view(shape), equal.view(shape))


def _pixels(preprocessing: Preprocessing) -> tuple[Tensor, Tensor]:
    ends = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1, 1).expand(2, 1, len(preprocessing.mean), 1, 1)
    return preprocessing.normalise(ends[0]), preprocessing.normalise(ends[1])
