"""How many directions of a picture a layer still tells apart: the numerical rank of a Jacobian."""

import torch
from torch import Tensor

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
