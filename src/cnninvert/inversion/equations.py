"""The equations that what is known of a picture holds for its pixels, and their Jacobian."""

from collections import deque

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import jvp, vmap

from cnninvert.inversion.known import is_relu, layers_up_to, observe
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.regions import choose


class Equations:
    """What is known of one picture at ``layer``, as a function of pixels that are near it.

    ``picture`` (1, C, H, W) in [0, 1], of the network's dtype. Each value of the layer that is not
    zero is an equation. With ``switches``, those of all max-poolings up to the layer are known: the
    network reads its regions at their places, and each other place of a region says that it is not
    larger. Such an inequality is an equation where it is active: where it holds with room for no
    more than ``floor``, relative to the root mean square of the pooling's output. ``floor`` is
    thus the precision to which values are told apart.

    ``values``: the number of the layer's values; ``nonzeros``: of those that are not zero;
    ``order``: of inequalities; ``active``: of those that count as equations.
    """

    def __init__(
        self,
        network: TracedNetwork,
        layer: str,
        picture: Tensor,
        preprocessing: Preprocessing,
        switches: bool = True,
        floor: float = 1e-3,
    ) -> None:
        self.network, self.layer, self.preprocessing = network, layer, preprocessing
        self.picture = picture
        needed = layers_up_to(network, layer)
        self._relus = {each.name for each in needed if is_relu(each)}
        self._regions = {}
        if switches:
            poolings = [each.name for each in needed if each.kind == "max_pool"]
            self._regions = {name: network.regions(name) for name in poolings}
        known = observe(network, preprocessing.normalise(picture), layer, switches=[*self._regions])
        self._places = {
            name: regions.places(known.indices[name]) for name, regions in self._regions.items()
        }
        # The rows that count, and what they are divided by: the root mean squares of their layers.
        self._rows: list[tuple[Tensor, Tensor]] = []
        self.values, self.order, self.active = known.values.numel(), 0, 0
        with torch.no_grad():
            output, inequalities = self._run(picture)
        self._rows.append((output != 0, output.square().mean().sqrt()))
        self.nonzeros = int((output != 0).sum())
        for room, excess, others in inequalities:
            near = others & (excess >= -floor * room)
            self.order += int(others.sum())
            self.active += int(near.sum())
            self._rows.append((near, room))

    def __len__(self) -> int:
        """The number of equations."""
        return self.nonzeros + self.active

    def __call__(self, pictures: Tensor) -> Tensor:
        """Their left-hand sides (B, n) at ``pictures`` (B, C, H, W), each about 1 in size."""
        output, inequalities = self._run(pictures)
        terms = [output, *(excess for _, excess, _ in inequalities)]
        found = [
            term[rows.expand_as(term)].view(len(term), -1) / scale
            for term, (rows, scale) in zip(terms, self._rows, strict=True)
        ]
        return torch.cat(found, 1)

    @torch.no_grad()
    def products(self, directions: Tensor, batch: int = 64) -> Tensor:
        """The Jacobian's products (B, n) with ``directions`` (B, C, H, W), so many at a time."""

        def product(direction: Tensor) -> Tensor:
            (picture,) = self.picture
            return jvp(lambda x: self(x[None])[0], (picture,), (direction,))[1]

        return vmap(product, chunk_size=batch)(directions)

    def jacobian(self) -> Tensor:
        """The whole Jacobian (n, pixels), its rows as ``__call__`` gives them: for small pictures.

        The values' rows come first.
        """
        unit = torch.eye(self.picture.numel(), dtype=self.picture.dtype, device=self.picture.device)
        return self.products(unit.view(-1, *self.picture.shape[1:])).T

    def _run(self, pictures: Tensor):
        before: dict[str, Tensor] = {}
        inequalities: list[tuple[Tensor, Tensor, Tensor]] = []
        replace = {}
        for name in self._regions:
            source = self.network.layer(name).inputs[0]
            if source in self._relus:
                replace[source] = self._relu(source, before)
            replace[name] = self._pooling(name, source, before, inequalities)
        inputs = self.preprocessing.normalise(pictures)
        outputs = self.network.run(inputs, last=self.layer, replace=replace)
        return deque(outputs, maxlen=1).pop().values, inequalities

    def _relu(self, name, before):
        def relu(z: Tensor) -> Tensor:
            before[name] = z
            return F.relu(z)

        return relu

    def _pooling(self, name, source, before, inequalities):
        regions, places = self._regions[name], self._places[name]

        def pool(h: Tensor) -> Tensor:
            of_places = regions.places_of(before.get(source, h))
            at = choose(of_places, places)
            chosen = F.relu(at) if source in self._relus else at
            room = chosen.detach().square().mean().sqrt()
            # A region of zeros says of all its places that they are not positive.
            positive = chosen > 0 if source in self._relus else torch.ones_like(chosen).bool()
            for number, there in enumerate(of_places):
                others = ((places != number) | ~positive) & there.isfinite()
                inequalities.append((room, there - chosen, others))
            return chosen

        return pool
