"""Algorithm 2: model-sparse codes of activations, by two l1 problems."""

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.model_sparsity import Projection
from cnninvert.solvers.filter_bank import PreparedFilterBank
from cnninvert.solvers.lasso import lambda_max
from cnninvert.solvers.solution import Solution
from cnninvert.solvers.sparse_coding import check_input, each_lambda, sparse_coding


@torch.no_grad()
def recover_codes(
    operator: Convolution,
    x: Tensor,
    project: Projection,
    lambda_fraction: float,
    tolerance: float = 1e-3,
    max_iterations: int = 1000,
    prepared: PreparedFilterBank | None = None,
) -> tuple[Solution, Solution]:
    """Codes of ``x`` (B, M, D...): l1 least squares, pooling switches, l1 least squares on those.

    Algorithm 2 has three lines: z^init minimises ||x - W^T z||^2 / 2 + lambda ||z||_1; z^model is
    what max-pooling leaves of it (``project``); z minimises the same on the support of z^model.
    Returns the third line's solution, which is model-sparse, and the first line's. Both use the
    same lambda, a share of the lambda_max of the first. Raises ValueError as ``sparse_coding``.

    >>> from cnninvert.operators.convolution import gaussian_filters, unit_norm
    >>> from cnninvert.operators.model_sparsity import ModelProjection, is_model_sparse
    >>> random = torch.Generator().manual_seed(0)
    >>> w = Convolution(unit_norm(gaussian_filters((8, 4, 3, 3), random)), size=6, padding=1)
    >>> x = torch.randn(2, 4, 6, 6, generator=random)
    >>> restricted, free = recover_codes(w, x, ModelProjection(region=2), lambda_fraction=0.1)
    >>> is_model_sparse(restricted.codes, region=2), bool(restricted.converged.all())
    (True, True)
    """
    check_input(operator, x)
    prepared = prepared or PreparedFilterBank(operator)
    settings = {
        "lam": each_lambda(lambda_fraction, None, lambda_max(operator, x)),
        "tolerance": tolerance,
        "max_iterations": max_iterations,
        "prepared": prepared,
    }
    free = sparse_coding(operator, x, **settings)
    model = project(free.codes)
    restricted = sparse_coding(operator, x, support=model != 0, start=model, **settings)
    return restricted, free
