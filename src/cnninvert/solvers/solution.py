"""What every solver returns."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Solution:
    """Codes of a batch of signals, with each sample's statistics.

    ``codes``: (B, K, n...). ``iterations``: (B,), how many were taken. ``converged``: (B,), samples
    that met the solver's own criterion. ``diverged``: (B,), samples that were given up.
    ``gap``: (B,), the duality gap relative to the objective, an upper bound of the objective's
    relative excess; None of a solver without a dual.
    ``errors``: (iterations, B), ||x - W^T z|| / ||x|| after every iteration; None of a solver that
    does not measure it. ``measured``: (iterations, B), the same of the caller's measure, if any.
    """

    codes: Tensor
    iterations: Tensor
    converged: Tensor
    diverged: Tensor
    gap: Tensor | None = None
    errors: Tensor | None = None
    measured: Tensor | None = None
