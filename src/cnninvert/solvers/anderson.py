"""Anderson acceleration of a batch of fixed-point iterations."""

import torch
from torch import Tensor

from cnninvert.solvers.waiting import worth_doing

PATIENCE = 8  # failures of a sample, after which it is accelerated the slow and sure way
LATE = 150  # iterations, after which FISTA, where there is one, is the better bet
TEMPER = 1e-7  # of the squared residual, in the ridge


class Anderson:
    """Type-II Anderson acceleration of t <- t + g(t), for every sample of a batch by itself.

    The next iterate combines the last images t + g so that their combined residual is smallest
    (Walker and Ni, SIAM J. Numer. Anal. 49, 2011). Each iterate is judged by a merit which the
    plain iteration does not increase. A sample whose merit has grown goes back to the plain step
    from its last iterate and forgets its history; one that has failed often is ``cautious`` from
    then on, and takes plain steps, or with ``momentum`` those of FISTA with restarts by the merit
    (Beck and Teboulle, 2009; O'Donoghue and Candes, 2015).

    Iterates and residuals are (B, D); ``memory`` is the number of differences that are kept.
    ``slack``: the factor by which a merit may grow.
    """

    def __init__(self, like: Tensor, memory: int, slack: float, momentum: bool):
        batch, length = like.shape
        self.memory, self.slack, self.momentum, self.taken = memory, slack, momentum, 0
        self.images = like.new_zeros(batch, memory, length)  # differences of t + g
        self.residuals = torch.zeros_like(self.images)  # differences of g
        self.gram = like.new_zeros(batch, memory, memory)  # of the residuals' differences
        self.limit = like.new_full((batch,), torch.inf)  # of the next merit
        self.t = torch.ones_like(self.limit)  # FISTA's momentum parameter
        self.plain = torch.ones(batch, dtype=torch.bool, device=like.device)  # no history is used
        self.failures = torch.zeros(batch, dtype=torch.long, device=like.device)
        self.last: tuple[Tensor, Tensor] | None = None

    @property
    def cautious(self) -> Tensor:
        """(B,): the samples that have failed too often, or all that FISTA should take over."""
        late = self.momentum and self.taken >= LATE
        return torch.ones_like(self.plain) if late else self.failures >= PATIENCE

    def __call__(self, iterate: Tensor, residual: Tensor, merit: Tensor) -> tuple[Tensor, Tensor]:
        """The next iterates (B, D), and the samples (B,) whose *plain* step has failed.

        ``merit``: (B,), of the iterates.
        """
        image = iterate + residual
        rejected = ~(merit <= self.limit)
        failed = rejected & self.plain
        self.failures += rejected
        if self.last is None:
            self.last = image, residual
            return image, failed
        some_rejected = worth_doing(rejected)
        if some_rejected:
            back = rejected.unsqueeze(1)
            image = torch.where(back, self.last[0], image)
            residual = torch.where(back, self.last[1], residual)
        # The step back is taken whatever comes of it, as the first one is.
        strict = merit * (1 + 10 * torch.finfo(merit.dtype).eps)
        limit = torch.where(self.cautious, strict, self.slack * merit)
        self.limit = torch.where(rejected, torch.inf, limit)
        newest = self._remember(image, residual)
        if some_rejected:
            self._forget(rejected)
        self.plain = rejected
        weights = self._weights(residual)
        cautious = self.cautious
        if worth_doing(cautious):
            momentum = self._fista_weights(rejected, newest)
            weights = torch.where(cautious.unsqueeze(1), momentum, weights)
        weights = weights.unsqueeze(1)
        return torch.baddbmm(image.unsqueeze(1), weights, self.images, alpha=-1).squeeze(1), failed

    def _forget(self, rejected: Tensor) -> None:
        """Their histories become zero; a GPU would be waited for to say which rows they are."""
        for history in (self.images, self.residuals, self.gram):
            if history.device.type == "cuda":
                history.masked_fill_(rejected.view(-1, 1, 1), 0)
            else:
                history[rejected] = 0

    def select(self, keep: Tensor) -> None:
        """Go on with the samples ``keep`` only, an index of (B,)."""
        self.images, self.residuals = self.images[keep], self.residuals[keep]
        self.gram, self.limit, self.t = self.gram[keep], self.limit[keep], self.t[keep]
        self.plain, self.failures = self.plain[keep], self.failures[keep]
        if self.last is not None:
            self.last = self.last[0][keep], self.last[1][keep]

    def _remember(self, image: Tensor, residual: Tensor) -> int:
        """Keep the differences to the last iteration, in the slot that is returned."""
        slot = self.taken % self.memory
        self.taken += 1
        torch.sub(image, self.last[0], out=self.images[:, slot])
        newest = torch.sub(residual, self.last[1], out=self.residuals[:, slot])
        products = self._products(newest)
        self.gram[:, slot] = products
        self.gram[:, :, slot] = products
        self.last = image, residual
        return slot

    def _products(self, vector: Tensor) -> Tensor:
        """(B, memory): inner products with the residuals' differences."""
        # A row times a transposed matrix: 15 times faster than the matrix times a column.
        return torch.bmm(vector.unsqueeze(1), self.residuals.mT).squeeze(1)

    def _fista_weights(self, rejected: Tensor, newest: int) -> Tensor:
        """(B, memory): momentum along the newest difference; none for who were rejected."""
        cautious = self.cautious
        t = torch.where(rejected | ~cautious, 1.0, self.t)
        next_t = (1 + (1 + 4 * t**2).sqrt()) / 2
        self.t = torch.where(cautious.any(), next_t, self.t)
        weights = self.gram.new_zeros(len(t), self.memory)
        if self.momentum:
            weights[:, newest] = (1 - t) / next_t
        return weights

    def _weights(self, residual: Tensor) -> Tensor:
        """(B, memory): of the differences, by regularised normal equations."""
        gram = self.gram.double()
        right = self._products(residual).double().unsqueeze(2)
        # The ridge holds off the Gram matrix's rounding errors, and weights far beyond 1, which
        # a residual that hardly changes would ask for.
        size = residual.norm(dim=1).double() ** 2
        rounding = 30 * torch.finfo(residual.dtype).eps * gram.diagonal(dim1=1, dim2=2).sum(1)
        ridge = rounding + TEMPER * size
        eye = torch.eye(self.memory, dtype=gram.dtype, device=gram.device)
        system = gram + torch.where(ridge > 0, ridge, 1.0).view(-1, 1, 1) * eye
        # Nor is it asked whether a system is singular: the ridge keeps it from that.
        return torch.linalg.solve_ex(system, right).result.to(residual.dtype).squeeze(2)
