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

    Iterates and residuals are (B, D); ``memory`` is how many older ones are combined with the
    newest. ``slack``: the factor by which a merit may grow.

    On small problems memory is slower than arithmetic. So images and residuals are written where
    they stay (``room``), and each is read twice: for its inner products and to be combined.
    """

    def __init__(self, like: Tensor, memory: int, slack: float, momentum: bool):
        batch, length = like.shape
        self.slack, self.momentum, self.taken = slack, momentum, 0
        self.images = like.new_zeros(batch, memory + 1, length)  # t + g, in turn
        self.residuals = torch.empty_like(self.images)  # g
        # Inner products of the residuals, and whether a sample still has its residual there.
        self.gram = like.new_zeros(batch, memory + 1, memory + 1, dtype=torch.float64)
        self.known = torch.zeros(batch, memory + 1, dtype=torch.bool, device=like.device)
        self.limit = like.new_full((batch,), torch.inf)  # of the next merit
        self.t = torch.ones_like(self.limit)  # FISTA's momentum parameter
        self.plain = torch.ones(batch, dtype=torch.bool, device=like.device)  # no history is used
        self.failures = torch.zeros(batch, dtype=torch.long, device=like.device)

    @property
    def cautious(self) -> Tensor:
        """(B,): the samples that have failed too often, or all that FISTA should take over."""
        late = self.momentum and self.taken >= LATE
        return torch.ones_like(self.plain) if late else self.failures >= PATIENCE

    def room(self) -> tuple[Tensor, Tensor]:
        """Two views (B, D): where the next images t + g and residuals g are to be written."""
        newest = self._place(0)
        return self.images[:, newest], self.residuals[:, newest]

    def __call__(self, iterate: Tensor, merit: Tensor) -> Tensor:
        """Overwrite ``iterate`` (B, D) with the next one, once ``room`` is filled.

        ``merit``: (B,), of the iterates. Returns the samples (B,) whose *plain* step has failed.
        """
        rejected = ~(merit <= self.limit)
        failed = rejected & self.plain
        self.failures += rejected
        if self.taken and worth_doing(rejected):
            self._go_back(rejected)
        # The step back is taken whatever comes of it, as the first one is.
        strict = merit * (1 + 10 * torch.finfo(merit.dtype).eps)
        limit = torch.where(self.cautious, strict, self.slack * merit)
        self.plain = rejected if self.taken else torch.ones_like(rejected)
        self.limit = torch.where(self.plain, torch.inf, limit)
        self._remember()
        weights = self._weights()
        if worth_doing(self.cautious):
            momentum = self._fista_weights(rejected)
            weights = torch.where(self.cautious.unsqueeze(1), momentum, weights)
        torch.bmm(weights.unsqueeze(1), self.images, out=iterate.unsqueeze(1))
        self.taken += 1
        return failed

    def select(self, keep: Tensor) -> None:
        """Go on with the samples ``keep`` only, an index of (B,)."""
        self.images, self.residuals = self.images[keep], self.residuals[keep]
        self.gram, self.known = self.gram[keep], self.known[keep]
        self.limit, self.t = self.limit[keep], self.t[keep]
        self.plain, self.failures = self.plain[keep], self.failures[keep]

    def _place(self, age: int) -> int:
        """Where the residuals of ``age`` iterations ago are; 0 for the newest."""
        return (self.taken - age) % self.images.shape[1]

    def _go_back(self, rejected: Tensor) -> None:
        """Put the samples' last images and residuals for the newest, and forget the others."""
        newest, last = self._place(0), self._place(1)
        back = rejected.unsqueeze(1)
        for history in (self.images, self.residuals):
            history[:, newest] = torch.where(back, history[:, last], history[:, newest])
        self.known &= ~back

    def _remember(self) -> None:
        """Note the newest residuals' inner products."""
        newest = self._place(0)
        self.known[:, newest] = True
        # A row times a transposed matrix: 15 times faster than the matrix times a column.
        products = torch.bmm(self.residuals[:, newest : newest + 1], self.residuals.mT)
        self.gram[:, newest] = products.squeeze(1)
        self.gram[:, :, newest] = products.squeeze(1)

    def _weights(self) -> Tensor:
        """(B, memory + 1): of the images; their sum is 1.

        By regularised normal equations for the weights of the newest residual's differences to
        the others.
        """
        gram, known = self.gram, self.known.unsqueeze(1) & self.known.unsqueeze(2)
        across = gram[:, self._place(0)]
        size = across[:, self._place(0), None]
        right = torch.where(self.known, size - across, 0.0)
        system = gram - across.unsqueeze(1) - across.unsqueeze(2) + size.unsqueeze(2)
        # The ridge holds off the inner products' rounding errors, and weights far beyond 1, which
        # a residual that hardly changes would ask for.
        sizes = torch.where(self.known, gram.diagonal(dim1=1, dim2=2), 0.0).sum(1)
        ridge = 30 * torch.finfo(self.residuals.dtype).eps * sizes + TEMPER * size.squeeze(1)
        eye = torch.eye(gram.shape[1], dtype=gram.dtype, device=gram.device)
        system = torch.where(known, system, 0.0)
        system += torch.where(ridge > 0, ridge, 1.0).view(-1, 1, 1) * eye
        # Nor is it asked whether a system is singular: the ridge keeps it from that.
        weights = torch.linalg.solve_ex(system, right.unsqueeze(2)).result.squeeze(2)
        weights[:, self._place(0)] = 1 - weights.sum(1)
        return weights.to(self.images.dtype)

    def _fista_weights(self, rejected: Tensor) -> Tensor:
        """(B, memory + 1): momentum along the last difference; none for who were rejected."""
        cautious = self.cautious
        t = torch.where(rejected | ~cautious, 1.0, self.t)
        next_t = (1 + (1 + 4 * t**2).sqrt()) / 2
        self.t = torch.where(cautious.any(), next_t, self.t)
        momentum = (t - 1) / next_t if self.momentum else torch.zeros_like(t)
        weights = self.images.new_zeros(self.known.shape)
        weights[:, self._place(0)] = 1 + momentum
        weights[:, self._place(1)] = -momentum
        return weights
