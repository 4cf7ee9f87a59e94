"""Two pictures with the same activation: a walk inside the preimage of a picture."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from cnninvert.inversion.facts import Facts
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing

# Relative errors up to which a step is kept, to which the next one has to bring it, and below which
# it is corrected no further.
KEPT, MENDED, CORRECTED = 1e-3, 1e-4, 1e-5
CORRECTIONS, PROJECTIONS, LAST = 12, 8, 4  # at most
LOOK_BACK = (0, 1, 2, 4, 8, 16)  # steps, for a point that can be mended
FIRST_STEP, SHORTEST, LONGER, SHORTER = 2e-3, 1e-5, 1.3, 0.5  # relative to the picture's norm
MARGIN = 1e-6  # of inequalities that are broken, once they are mended, relative to their pooling
ROWS, ROWS_GPU = 64, 512  # of the Jacobian, computed at a time
NEAR = 4.0  # steps: how much room an inequality has that is not looked at


@dataclass(frozen=True)
class Witness:
    """A ``picture`` (1, C, H, W), float64 in [0, 1], that what is known does not tell from another.

    ``distance``: between the two, relative to the norm of the other. In double precision:
    ``value_error``, the relative difference of their values at the layer, and ``order_error``, by
    how much a place exceeds the known one at most, relative to the root mean square of its pooling.
    ``steps``: of the walk.
    """

    picture: Tensor
    distance: float
    value_error: float
    order_error: float
    steps: int


def walk(
    network: TracedNetwork,
    layer: str,
    picture: Tensor,
    toward: Tensor,
    preprocessing: Preprocessing,
    *,
    switches: bool = False,
    distance: float = 0.1,
    steps: int = 100,
    tolerance: float = 1e-6,
    callback: Callable[[int, float], None] | None = None,
) -> Witness:
    """Go from ``picture`` towards another one, ``toward``, and keep what is known at ``layer``.

    Both pictures (1, C, H, W) lie in [0, 1]. Known are the layer's values and, with ``switches``,
    those of all max-poolings up to it, as inequalities (``Facts``); without, they may change.
    Errors are those of a copy of the network in double precision.

    Each step goes along the projection of the way that is left onto the null space of the
    Jacobian, and Newton's method takes back what the step has changed. Inequalities that the step
    would break, and pixels that would leave [0, 1], are held. All use the whole Jacobian: this is
    for small pictures. Steps become shorter where the corrections fail. It ends at ``distance``,
    after so many ``steps``, where no step succeeds, or where there are as many equations as pixels;
    then the last point is taken that corrections bring within the ``tolerance``. ``callback`` is
    told the number of steps and the distance.

    >>> from cnninvert import trace
    >>> _ = torch.manual_seed(0)
    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU())
    >>> plain = Preprocessing(8, (0.0,), (1.0,))
    >>> x, y = torch.rand(2, 1, 1, 8, 8)
    >>> found = walk(trace(layers, (1, 8, 8)), "1", x, y, plain)
    >>> found.distance > 0.09 and found.value_error < 1e-6
    True
    """
    known = _Known(network, layer, picture.double(), preprocessing, switches)
    z, step, done = picture.double(), FIRST_STEP, 0
    trail: list[Tensor] = []
    room = known.equations < z.numel()
    while room and done < steps and known.distance(z) < distance and step > SHORTEST:
        local = _Local(known, z, NEAR * step)
        z = local.correct(z)
        if known.usual(z) > MENDED and trail:
            # The last step went too far: nothing brings this point back.
            z, step = trail.pop(), step * SHORTER
            continue
        trail.append(z)
        left = 1.02 * (distance - known.distance(z)) + 1e-4
        while step > SHORTEST:
            move = local.along(z, toward.double() - z, min(step, left) * known.norm)
            if not move.any():
                step = 0.0
                break
            moved = local.correct((z + move).clamp(0, 1))
            error = known.usual(moved)
            if error <= KEPT:
                z, step = moved, step * (LONGER if error <= MENDED else 1)
                break
            step *= SHORTER
        done += 1
        if callback:
            callback(done, known.distance(z))
    z = _polished(known, [*trail, z], tolerance)
    return Witness(z, known.distance(z), *known.errors(z), done)


def _polished(known: "_Known", trail: list[Tensor], tolerance: float) -> Tensor:
    """The last point of the ``trail`` that corrections bring within the tolerance.

    A tenth of it, for errors that are computed otherwise. The start always is.
    """
    for back in LOOK_BACK:
        z = trail[max(0, len(trail) - 1 - back)]
        for _ in range(LAST):
            if known.worst(z) <= tolerance / 10:
                return z
            z = _Local(known, z, NEAR * SHORTEST).correct(z, tolerance / 10, known.worst)
    return trail[0]


class _Known:
    """What is known at the start, and how far other pictures are from it."""

    def __init__(self, network, layer, start, preprocessing, switches) -> None:
        self.network, self.precise = network, network.double()
        self.start, self.norm = start, start.norm()
        self.facts = Facts(self.precise, layer, start, preprocessing, switches)
        # Where no value is known that is not zero, errors are absolute.
        self.scale = self.facts.values.norm() or torch.ones(())
        self.equations = int((self.facts.values != 0).sum())
        self.count = len(self.facts.values)

    def at(self, network: TracedNetwork, x: Tensor) -> Tensor:
        """Values, and behind them the excess of places (n + m,)."""
        return torch.cat(self.facts.of(network, x), 1)[0]

    @torch.no_grad()
    def missing(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What values and inequalities lack (n + m,), and what they are (n + m,)."""
        found = self.at(self.precise, x)
        values, excess = found[: self.count], found[self.count :]
        if self.facts.rectified:
            values = torch.where(self.facts.values > 0, values, F.relu(values))
        broken = -F.relu(excess) - MARGIN * (excess > 0)
        return torch.cat([self.facts.values - values, broken]), found

    def errors(self, x: Tensor) -> tuple[float, float]:
        """Of the values, relative, and the largest one of the order."""
        missing, found = self.missing(x)
        excess = found[self.count :]
        order = F.relu(excess).max().item() if len(excess) else 0.0
        return (missing[: self.count].norm() / self.scale).item(), order

    def worst(self, x: Tensor) -> float:
        return max(self.errors(x))

    def usual(self, x: Tensor) -> float:
        """The error of the values, or the root mean square of the order's, if that is larger."""
        missing, _ = self.missing(x)
        values, order = missing[: self.count], missing[self.count :]
        order = order.square().mean().sqrt().item() if len(order) else 0.0
        return max((values.norm() / self.scale).item(), order)

    def distance(self, x: Tensor) -> float:
        return ((x - self.start).norm() / self.norm).item()


class _Local:
    """The Jacobian at z of what is known, and solutions with it.

    Inequalities with more room than ``near``, relative to their pooling, are not looked at.
    """

    def __init__(self, known: _Known, z: Tensor, near: float) -> None:
        self.known = known
        missing, found = known.missing(z)
        count = known.count
        values = (known.facts.values != 0) | (missing[:count] != 0)
        self.rows = torch.cat([values, found[count:] >= -near]).nonzero().flatten()
        self.equal = self.rows < count
        self.room = torch.where(self.equal, 0, -found[self.rows]).clamp_min(0)
        self.jacobian = self._jacobian(z)
        self.free = torch.ones_like(z).flatten()
        self._hold(self.equal | (missing[self.rows] != 0))

    @torch.enable_grad()
    def _jacobian(self, z: Tensor) -> Tensor:
        x = z.float().requires_grad_()
        rows = self.known.at(self.known.network, x)[self.rows]
        if not len(rows):
            return z.new_zeros(0, z.numel())
        unit = torch.eye(len(rows), device=z.device)
        parts = [
            torch.autograd.grad(rows, x, part, retain_graph=True, is_grads_batched=True)[0]
            for part in unit.split(ROWS_GPU if z.is_cuda else ROWS)
        ]
        return torch.cat(parts).flatten(1).double()

    def _hold(self, held: Tensor) -> None:
        """Take the rows that are ``held`` for equations, and solve them for the free pixels."""
        self.held = held
        self.equations = self.jacobian[held] * self.free
        gram = self.equations @ self.equations.T
        # As much as double precision needs where rows depend on each other.
        if len(gram):
            gram.diagonal().add_(1e-13 * gram.diagonal().max())
        self.factor = torch.linalg.cholesky(gram)

    def _solve(self, missing: Tensor) -> Tensor:
        """The smallest change of the free pixels that changes the held rows by so much."""
        return self.equations.T @ torch.cholesky_solve(missing[:, None], self.factor)[:, 0]

    def along(self, z: Tensor, way: Tensor, length: float) -> Tensor:
        """A move of this length along the ``way``, as far as what is known allows it.

        Zero where as many equations are held as there are free pixels.
        """
        x, flat = z.flatten(), way.flatten()
        for _ in range(PROJECTIONS):
            if self.held.sum() >= self.free.sum():
                return torch.zeros_like(way)
            move = flat * self.free
            move = move - self._solve(self.equations @ move)
            move = length / move.norm().clamp_min(1e-300) * move
            leaves = ((x <= 0) & (move < 0)) | ((x >= 1) & (move > 0))
            breaks = ~self.equal & (self.jacobian @ move > self.room)
            if not (leaves & (self.free > 0)).any() and not (breaks & ~self.held).any():
                break
            self.free = self.free * ~leaves
            self._hold(self.held | breaks)
        return move.view_as(way)

    def correct(
        self,
        x: Tensor,
        tolerance: float = CORRECTED,
        measure: Callable[[Tensor], float] | None = None,
    ) -> Tensor:
        """``x`` with what is known, up to ``tolerance``, as far as that succeeds.

        Newton's steps with one Jacobian, as long as the error falls. ``measure``: of the error;
        ``usual``, if None.
        """
        measure = measure or self.known.usual
        best = measure(x)
        for _ in range(CORRECTIONS):
            if best <= tolerance:
                break
            missing = self.known.missing(x)[0][self.rows]
            if ((missing != 0) & ~self.held).any():
                self._hold(self.held | (missing != 0))
            change = self._solve(missing[self.held])
            again = (x + change.view_as(x)).clamp(0, 1)
            error = measure(again)
            if error > 0.9 * best:
                break
            x, best = again, error
        return x
