"""W^T as an explicit sparse matrix, and the Lasso estimators that take nothing else."""

import time
import warnings
from collections.abc import Callable

import torch
from scipy.sparse import csc_matrix, hstack

from peers.problems import Problem
from peers.timing import CannotRun, Run, Settings, least, one_by_one

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
        parts.append(csc_matrix(problem.operator.adjoint(units).flatten(1).T.numpy()))
    return hstack(parts, format="csc")


def solve_lasso(
    problem: Problem, settings: Settings, estimator: Callable[[float, int], object]
) -> Run:
    """Time the least effort n whose fit reaches the gap, a sample at a time.

    ``estimator(alpha, n)`` is a Lasso in scikit-learn's manner, not fitted yet.
    """
    matrix = explicit(problem)

    def alone(problem: Problem) -> Run:
        x = problem.x.numpy().ravel()
        alpha = float(problem.lam) / len(x)  # its squared error is divided by len(x)

        def fit(effort: int):
            lasso = estimator(alpha, effort)
            start = time.perf_counter()
            lasso.fit(matrix, x)
            return lasso.coef_, lasso.n_iter_, time.perf_counter() - start

        return least(problem, settings, fit, "Lasso, sparse matrix")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of no convergence: the gap says whether
        return one_by_one(problem, settings, alone)
