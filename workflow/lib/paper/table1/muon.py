"""Muon: steps of one length in all directions, for filters that a normalisation follows."""

from collections.abc import Iterable

import torch
from torch import Tensor

MOMENTUM = 0.6
STEPS = 4  # of Newton and Schulz's iteration
# Its quintic brings singular values between about 0.01 and 1 to between 0.7 and 1.2.
QUINTIC = (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.Optimizer):
    """Momentum whose step is the nearest semi-orthogonal matrix, for (K, M, l, l) filters.

    Jordan et al. (2024), in the form that he used for CIFAR-10: a bank's norm is kept at sqrt(K),
    as batch norm takes it away, and ``lr`` is relative to that of a filter. torch.optim.Muon takes
    matrices only.
    """

    def __init__(self, filters: Iterable[Tensor], lr: float) -> None:
        super().__init__(list(filters), {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for filters in group["params"]:
                state = self.state[filters]
                if not state:
                    state["momentum"] = torch.zeros_like(filters)
                momentum = state["momentum"].mul_(MOMENTUM).add_(filters.grad)
                direction = filters.grad.add(momentum, alpha=MOMENTUM).flatten(1)
                filters.mul_(len(filters) ** 0.5 / filters.norm())
                filters.add_(orthogonal(direction).view_as(filters), alpha=-group["lr"])


def orthogonal(matrix: Tensor) -> Tensor:
    """U V^T, nearly, of the ``matrix`` U S V^T: its singular values become about 1.

    >>> values = torch.linalg.svdvals(orthogonal(torch.diag(torch.tensor([1.0, 0.2]))))
    >>> bool(((values > 0.7) & (values < 1.2)).all())
    True
    """
    wide = matrix.T if len(matrix) > matrix.shape[1] else matrix
    x = wide / (wide.norm() + 1e-7)
    a, b, c = QUINTIC
    for _ in range(STEPS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if wide is not matrix else x
