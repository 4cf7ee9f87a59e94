"""How far a picture is from what is known of it, as weighted residuals."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from cnninvert.inversion.known import Known, is_relu, layers_up_to
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.norms import per_sample
from cnninvert.operators.regions import Regions, choose

# Each max-pooling counts as much as four of the next one: the early ones hold the details. Found by
# comparing 2, 1, 1/2, 1/4 and 1/10 for the next one on four photographs at pool(1) to pool(4).
NEXT_POOLING = 0.25


@dataclass(frozen=True)
class Residual:
    """What should be zero (B, ...), how much its squares count (B,), and what it is about.

    ``scale`` (B,), if any: much larger amounts count by their size, and not by its square.
    """

    about: str  # values, order, box or variation
    weight: Tensor
    amount: Tensor
    scale: Tensor | None = None

    def squares(self) -> Tensor:
        """(B,): the weighted sum of squares of each picture."""
        return self._weighted_squares(self.amount)

    def loss(self) -> Tensor:
        """(B,): what is minimised, ``squares`` where there is no scale."""
        return self._weighted_squares(self.root())

    def root(self) -> Tensor:
        """(B, ...): what ``loss`` is the sum of squares of, with the sign of the amount.

        Its square is the pseudo-Huber loss 2 s^2 (sqrt(1 + (a / s)^2) - 1) of the amount a.
        """
        if self.scale is None:
            return self.amount
        relative = self.amount / per_sample(self.scale, self.amount)
        return self.amount * (2 / (1 + (1 + relative.square()).sqrt())).sqrt()

    def _weighted_squares(self, values: Tensor) -> Tensor:
        return self.weight * values.square().flatten(1).sum(1)


class Misfit:
    """The residuals of pictures, given what is ``known`` of them.

    Unknown are the pixels in [0, 1]; ``preprocessing`` makes the network's input of them. Known
    switches replace the maximum: the network reads each region at the place that its switch names.
    The residuals are

    - values: of the layer, relative to the norm of the known ones. Where a known value is positive,
      the ReLU before it is left out, for it is known to be passed;
    - order: the amount by which any place of a pooling's region exceeds the place that the switch
      names. A switch that is not the first place of its region says that the value there is
      positive, for the first of equal values is the maximum;
    - order, of masks: the amount by which a value is on the wrong side of zero;
    - box: the amount by which pixels leave [0, 1].

    ``energies``: the mean square of each layer that takes part, for usual pictures: it makes the
    layers comparable (``natural.energies``).
    """

    def __init__(
        self,
        network: TracedNetwork,
        known: Known,
        preprocessing: Preprocessing,
        energies: dict[str, float],
    ) -> None:
        self.network, self.known, self.preprocessing = network, known, preprocessing
        self.layer = network.layer(known.layer)
        self.relus = {each.name for each in network.layers.values() if is_relu(each)}
        self.poolings = _poolings(network, known)
        self.places = {
            name: self.poolings[name].places(known.indices[name]) for name in self._order()
        }
        self.first = {
            name: self.poolings[name].first_places(known.device) for name in self._order()
        }
        ones = torch.ones(len(known), device=known.device)
        self._usual = {name: energies[name] or 1.0 for name in {*known.masks, *self._order()}}
        self.energies = {name: usual * ones for name, usual in self._usual.items()}

    @torch.no_grad()
    def measure_energies(self, x: Tensor) -> None:
        """Take the pictures ``x`` for what the energies of layers are, in place of usual ones."""
        inputs = self._inputs(x)
        for output in self.network.run(inputs, last=self.layer.name):
            name = output.layer.name
            if name in self.energies:
                mean_squares = output.values.square().flatten(1).mean(1)
                self.energies[name] = mean_squares.clamp_min(1e-3 * self._usual[name])

    def _inputs(self, x: Tensor) -> Tensor:
        return self.preprocessing.normalise(x).contiguous(memory_format=torch.channels_last)

    def _order(self) -> list[str]:
        return [name for name in self.poolings if name in self.known.indices]

    def residuals(
        self,
        x: Tensor,
        margin: float = 0.0,
        variation: float = 0.0,
        robust: float | None = None,
    ) -> list[Residual]:
        """The residuals of the pictures ``x`` (B, C, H, W).

        ``margin``: by how much the named place should exceed the others, relative to the layer's
        root mean square. ``variation``: the weight of the total variation a pixel, which is a term
        of its own. ``robust``: the scale of the values' residuals, relative to the root mean square
        of the known ones.
        """
        terms: list[Residual] = []
        before: dict[str, Tensor] = {}  # what ReLUs were given
        replace: dict[str, Callable[[Tensor], Tensor]] = {}
        for name in self._relus_of_interest():
            replace[name] = self._relu(name, before, terms)
        for name in self._order():
            replace[name] = self._pooling(name, before, terms, margin)
        if self._reads_before_relu():
            replace[self.layer.name] = self._last_pooling(before)
        inputs = self._inputs(x)
        outputs = self.network.run(inputs, last=self.layer.name, replace=replace)
        output = deque(outputs, maxlen=1).pop()
        if self.known.values is not None:
            terms.append(self._values(output.values, before, robust))
        return [*terms, *_box(x), *_variation(x, variation)]

    def _relus_of_interest(self) -> set[str]:
        """The ReLUs before the poolings, those with masks, and the layer itself."""
        sources = {self.network.layer(name).inputs[0] for name in self.poolings}
        return (sources | {self.layer.name}) & self.relus | set(self.known.masks)

    def _relu(self, name, before, terms):
        mask = self.known.masks.get(name)

        def relu(z: Tensor) -> Tensor:
            before[name] = z
            if mask is None:
                return F.relu(z)
            wrong = F.relu(torch.where(mask, -z, z))
            terms.append(Residual("order", self._weight(name, z), wrong))
            return z * mask

        return relu

    def _pooling(self, name, before, terms, margin):
        pooling, last = self.poolings[name], name == self.layer.name
        values = self.known.values if last else None
        source = self.network.layer(name).inputs[0]
        places, first = self.places[name], self.first[name]

        def pool(h: Tensor) -> Tensor:
            of_places = pooling.places_of(before.get(source, h))
            at = choose(of_places, places)
            chosen = F.relu(at) if source in self.relus else at
            reference = at
            if values is not None:
                reference = values
            elif source in self.relus:
                reference = torch.where(places == first, chosen, at)
            weight = self._weight(name, chosen)
            room = per_sample(margin * self.energies[name].sqrt(), h)
            for number, other in enumerate(of_places):
                there = F.relu(other) if source in self.relus else other
                excess = there - reference
                if margin and values is None:
                    excess = excess + room * self._is_other(number, other, places, first, source)
                terms.append(Residual("order", weight, F.relu(excess)))
            before[name] = at
            return chosen

        return pool

    def _is_other(self, number, other, places, first, source):
        # A first place may be all that a region of zeros has: nothing is known to be below it.
        if source not in self.relus:
            return places != number
        return (places != number) & ((places != first) | (other > 0))

    def _reads_before_relu(self) -> bool:
        """Whether the layer is a pooling of a ReLU's output without known switches."""
        name = self.layer.name
        return name in self.poolings and name not in self.known.indices

    def _last_pooling(self, before):
        pooling = self.poolings[self.layer.name]
        source = self.layer.inputs[0]

        def pool(h: Tensor) -> Tensor:
            at = pooling.pool(before.get(source, h))
            before[self.layer.name] = at
            return F.relu(at) if source in self.relus else at

        return pool

    def _values(self, output: Tensor, before: dict[str, Tensor], robust: float | None) -> Residual:
        values = self.known.values
        if self.layer.name in before:
            source = self.layer.inputs[0] if self.layer.name in self.poolings else self.layer.name
            if source in self.relus:
                output = torch.where(values > 0, before[self.layer.name], output)
        energy = values.square().flatten(1).sum(1).clamp_min(1e-12)
        scale = robust * (energy / values[0].numel()).sqrt() if robust else None
        return Residual("values", 1 / energy, output - values, scale)

    def _weight(self, name: str, like: Tensor) -> Tensor:
        """(B,): 1 over the energy of the layer, times what its depth makes of it."""
        energy = self.energies[name] * like[0].numel()
        later = list(self.poolings)
        later = len(later) - later.index(name) - 1 if name in later else 0
        if self.layer.name not in self.poolings:
            later += 1
        return NEXT_POOLING**-later / energy


def _box(x: Tensor) -> list[Residual]:
    weight = torch.full((len(x),), 4.0 / x[0].numel(), device=x.device)
    return [Residual("box", weight, F.relu(x - 1)), Residual("box", weight, F.relu(-x))]


def _variation(x: Tensor, weight: float) -> list[Residual]:
    """Isotropic total variation (Rudin, Osher and Fatemi 1992), rounded off at zero."""
    if not weight:
        return []
    down = F.pad(x.diff(dim=2), (0, 0, 0, 1)).square().sum(1)
    right = F.pad(x.diff(dim=3), (0, 1)).square().sum(1)
    length = (down + right + 1e-6).sqrt()
    weights = torch.full((len(x),), weight / length[0].numel(), device=x.device)
    return [Residual("variation", weights, length.sqrt())]


def _poolings(network: TracedNetwork, known: Known) -> dict[str, Regions]:
    needed = layers_up_to(network, known.layer)
    return {layer.name: network.regions(layer.name) for layer in needed if layer.kind == "max_pool"}
