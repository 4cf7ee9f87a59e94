"""The method of Lanczos, for symmetric operators."""

from collections.abc import Callable

import torch
from torch import Tensor

from cnninvert.operators.norms import per_sample

Operator = Callable[[Tensor], Tensor]


def lanczos(operator: Operator, start: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights (B, steps) of Gauss quadrature for a symmetric ``operator``.

    For each of the vectors ``start`` (B, ...) by itself: the sum of weights times f(nodes) is
    v^T f(operator) v, with v the vector divided by its norm (Golub and Meurant 2010). The basis is
    kept and reorthogonalised. The nodes come in ascending order.

    >>> nodes, weights = lanczos(lambda x: torch.tensor([1.0, 2.0]) * x, torch.ones(1, 2), 2)
    >>> [[round(x, 4) for x in each[0].tolist()] for each in (nodes, weights)]
    [[1.0, 2.0], [0.5, 0.5]]
    """
    count, shape = len(start), start.shape[1:]
    vector = start.flatten(1)
    vector = vector / vector.norm(dim=1, keepdim=True)
    basis = vector.new_zeros(count, steps, vector.shape[1])
    matrix = vector.new_zeros(count, steps, steps)
    for step in range(steps):
        basis[:, step] = vector
        known = basis[:, : step + 1]
        product = operator(vector.view(count, *shape)).flatten(1)
        matrix[:, step, step] = (product * vector).sum(1)
        for _ in range(2):
            within = torch.einsum("bsn,bn->bs", known, product)
            product = product - torch.einsum("bsn,bs->bn", known, within)
        length = product.norm(dim=1)
        # Where nothing is left, the vectors so far span an invariant space.
        left = length > torch.finfo(length.dtype).eps * matrix.abs().amax((1, 2))
        length = torch.where(left, length, 0)
        vector = product * per_sample(
            left / length.clamp_min(torch.finfo(length.dtype).tiny), product
        )
        if step + 1 < steps:
            matrix[:, step, step + 1] = matrix[:, step + 1, step] = length
    nodes, vectors = torch.linalg.eigh(matrix)
    return nodes, vectors[:, 0].square()
