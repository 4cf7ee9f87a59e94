"""W^T as an explicit sparse matrix, for solvers that take nothing else."""

import torch
from scipy.sparse import csc_matrix, hstack

from peers.problems import Problem
from peers.timing import CannotRun

LIMIT = 2e9  # bytes


def explicit(problem: Problem) -> csc_matrix:
    """(M D D, K n n), float32: what W^T makes of each unit code."""
    _, channels, n, _ = problem.code_shape
    rows, columns = problem.x[0].numel(), channels * n * n
    dense, sparse = 4 * rows * columns, 8 * columns * problem.operator.filters[0].numel()
    if sparse > LIMIT:
        raise CannotRun(
            f"takes W^T as an explicit matrix only, here {rows} x {columns}: "
            f"{dense / 1e9:.0f} GB dense, {sparse / 1e9:.1f} GB sparse"
        )
    parts = []
    for channel in range(channels):
        units = torch.zeros(n * n, channels, n, n)
        units[:, channel] = torch.eye(n * n).view(-1, n, n)
        parts.append(csc_matrix(problem.operator.adjoint(units, problem.size).flatten(1).T.numpy()))
    return hstack(parts, format="csc")
