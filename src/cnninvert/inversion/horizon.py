"""How many directions of a picture a layer still tells apart: the numerical rank of a Jacobian."""

import torch
from torch import Tensor

from cnninvert.networks.graph import TracedNetwork

ROWS = 4096  # of the Jacobian, that are taken to double precision at a time


def singular_values(jacobian: Tensor) -> Tensor:
    """All singular values (min(n, pixels),) of a ``jacobian`` (n, pixels), the largest first.

    By the eigenvalues of its smaller Gram matrix, in double precision: below 1e-7 of the largest
    they are rounding errors.

    >>> singular_values(torch.tensor([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]]))
    tensor([4., 3.], dtype=torch.float64)
    """
    if len(jacobian) > jacobian.shape[1]:
        blocks = (block.double() for block in jacobian.split(ROWS))
        gram = sum(block.T @ block for block in blocks)
    else:
        rows = jacobian.double()
        gram = rows @ rows.T
    return torch.linalg.eigvalsh(gram).clamp_min(0).sqrt().flip(0)


def numerical_rank(values: Tensor, floor: float) -> int:
    """How many singular ``values`` exceed ``floor`` times the largest.

    >>> numerical_rank(torch.tensor([4.0, 3.0, 1e-3]), 1e-3)
    2
    """
    return int((values > floor * values.max()).sum()) if len(values) else 0


def pixels_read(network: TracedNetwork, picture: Tensor) -> int:
    """How many of the pixel values of ``picture`` (1, C, H, W) the first convolution reads.

    One with a stride and without padding can leave out the last rows and columns, of which no layer
    knows anything.

    >>> from cnninvert.networks.tracing import trace
    >>> strided = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 3, stride=2))
    >>> [pixels_read(trace(strided, (1, n, n)), torch.ones(1, 1, n, n)) for n in (7, 8)]
    [49, 49]
    """
    if not network.convolutions:
        return picture.numel()
    with torch.enable_grad():
        x = picture.detach().requires_grad_()
        *_, output = network.run(x, last=network.convolutions[0].name)
        # Random, as ones would be lost on filters that sum to zero.
        weights = torch.randn(output.values.shape, generator=torch.Generator().manual_seed(0))
        (gradient,) = torch.autograd.grad(output.values, x, weights.to(output.values))
    return int((gradient != 0).sum())
