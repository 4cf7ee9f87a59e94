"""What a layer and its switches say of one picture: values that are equal, others not larger."""

from collections import deque

import torch
import torch.nn.functional as F
from torch import Tensor

from cnninvert.inversion.known import check_input, is_relu, layers_up_to
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.regions import choose


class Facts:
    """What is known of ``picture`` (1, C, H, W), in [0, 1], at ``layer``.

    The layer's ``values`` (n,), flattened. With ``switches``, those of all max-poolings up to the
    layer are known: the network reads its regions at their places, and each other place says that
    it is not larger. Raises ValueError for several pictures, and for such as the network does not
    take.
    """

    def __init__(
        self,
        network: TracedNetwork,
        layer: str,
        picture: Tensor,
        preprocessing: Preprocessing,
        switches: bool,
    ) -> None:
        self.network, self.layer, self.preprocessing = network, layer, preprocessing
        check_input(network, picture)
        if len(picture) != 1:
            raise ValueError(f"give one picture (1, C, H, W), not {len(picture)}")
        needed = layers_up_to(network, layer)
        self._relus = {each.name for each in needed if is_relu(each)}
        poolings = [each.name for each in needed if each.kind == "max_pool" and switches]
        self._regions = {name: network.regions(name) for name in poolings}
        self._places: dict[str, Tensor] = {}
        self._scales: dict[str, Tensor] = {}
        with torch.no_grad():
            inputs = preprocessing.normalise(picture)
            for output in network.run(inputs, last=layer, indices=switches):
                name = output.layer.name
                if name in self._regions:
                    self._places[name] = self._regions[name].places(output.indices)
                    self._scales[name] = output.values.square().mean().sqrt()
            self.values = output.values.flatten()
        last = network.layer(layer)
        source = last.inputs[0] if last.kind == "max_pool" else layer
        self._last_relu = source if source in self._relus else None

    @property
    def rectified(self) -> bool:
        """Whether a ReLU makes the layer's values."""
        return self._last_relu is not None

    def of(self, network: TracedNetwork, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The layer's values (B, n), and the excess (B, m) of other places over the known ones.

        ``network``: the one that the facts are of, in any precision. The values are those before
        the ReLU, so that what has become negative is still seen. The excess is relative to the root
        mean square of the pooling's output. It is not positive for the picture itself, and minus
        infinity for places that say nothing.
        """
        before: dict[str, Tensor] = {}
        excess: list[Tensor] = []
        replace = {}
        if self._last_relu:
            replace[self._last_relu] = lambda z: z
        for name in self._regions:
            source = network.layer(name).inputs[0]
            if source in self._relus:
                replace[source] = self._relu(source, before)
            replace[name] = self._pooling(name, source, before, excess)
        inputs = self.preprocessing.normalise(pictures)
        values = deque(network.run(inputs, last=self.layer, replace=replace), maxlen=1).pop().values
        values = before.get(self.layer, values).flatten(1)
        return values, torch.cat(excess, 1) if excess else values[:, :0]

    def _relu(self, name, before):
        def relu(z: Tensor) -> Tensor:
            before[name] = z
            return F.relu(z)

        return relu

    def _pooling(self, name, source, before, excess):
        regions, places = self._regions[name], self._places[name]
        first = places == regions.first_places(places.device)

        def pool(h: Tensor) -> Tensor:
            rectified = source in self._relus
            of_places = regions.places_of(before.get(source, h))
            at = before[name] = choose(of_places, places)
            chosen = F.relu(at) if rectified else at
            for number, there in enumerate(of_places):
                over = there - chosen
                if rectified:
                    # A place that is not the region's first is named for a positive value alone.
                    over = torch.where(first, over, F.relu(there) - at)
                silent = (places == number) | there.isneginf()  # the place itself; padding
                over = torch.where(silent, -torch.inf, over)
                excess.append(over.flatten(1) / self._scales[name].to(over))
            return chosen

        return pool
