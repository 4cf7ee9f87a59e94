"""The equations that what is known of a picture holds for its pixels, and their Jacobian."""

import warnings

import torch
from torch import Tensor
from torch.func import jvp, vjp, vmap

from cnninvert.inversion.facts import Facts
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing


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
        self.network, self.picture = network, picture
        self._facts = Facts(network, layer, picture, preprocessing, switches)
        with torch.no_grad():
            _, excess = self._facts.of(network, picture)
        known = self._facts.values
        self._nonzero = known != 0
        self._near = excess[0] >= -floor
        self._scale = known.square().mean().sqrt()
        self.values, self.nonzeros = known.numel(), int(self._nonzero.sum())
        self.order, self.active = int(excess.isfinite().sum()), int(self._near.sum())

    def __len__(self) -> int:
        """The number of equations."""
        return self.nonzeros + self.active

    @property
    def are_few(self) -> bool:
        """Whether there are fewer equations than pixels."""
        return len(self) < self.picture.numel()

    def __call__(self, pictures: Tensor) -> Tensor:
        """Their left-hand sides (B, n) at ``pictures`` (B, C, H, W), each about 1 in size."""
        values, excess = self._facts.of(self.network, pictures)
        return torch.cat([values[:, self._nonzero] / self._scale, excess[:, self._near]], 1)

    @torch.no_grad()
    def products(self, directions: Tensor, batch: int = 64) -> Tensor:
        """The Jacobian's products (B, n) with ``directions`` (B, C, H, W), so many at a time."""

        def product(direction: Tensor) -> Tensor:
            (picture,) = self.picture
            return jvp(lambda x: self(x[None])[0], (picture,), (direction,))[1]

        with warnings.catch_warnings():
            # PyTorch's own, when it first takes such a derivative.
            warnings.filterwarnings("ignore", ".*torch.jit.script", FutureWarning)
            return vmap(product, chunk_size=batch)(directions)

    @torch.no_grad()
    def transposed(self, weights: Tensor, batch: int = 64) -> Tensor:
        """The transposed Jacobian's products (B, C, H, W) with ``weights`` (B, n)."""
        _, pull = vjp(lambda x: self(x)[0], self.picture)
        return vmap(lambda each: pull(each)[0][0], chunk_size=batch)(weights)

    def jacobian(self) -> Tensor:
        """The whole Jacobian (n, pixels), its rows as ``__call__`` gives them: for small pictures.

        The values' rows come first.
        """
        unit = torch.eye(self.picture.numel(), dtype=self.picture.dtype, device=self.picture.device)
        return self.products(unit.view(-1, *self.picture.shape[1:])).T
