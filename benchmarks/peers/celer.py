"""celer: working sets on the explicit sparse matrix, a sample at a time.

Its stopping rule is a gap relative to ||x||^2: the largest tolerance 2^-n that reaches the gap is
looked for, and then a fit with it is timed.
"""

import time
import warnings

from celer import Lasso

from peers.matrix import explicit
from peers.problems import Problem
from peers.timing import Run, Settings, least, one_by_one


def solve(problem: Problem, settings: Settings) -> Run:
    matrix = explicit(problem)

    def alone(problem: Problem) -> Run:
        x = problem.x.numpy().ravel()
        alpha = float(problem.lam) / len(x)  # its squared error is divided by len(x)

        def fit(halvings: int):
            lasso = Lasso(alpha, fit_intercept=False, tol=2.0**-halvings)
            start = time.perf_counter()
            lasso.fit(matrix, x)
            return lasso.coef_, lasso.n_iter_, time.perf_counter() - start

        return least(problem, settings, fit, "Lasso, sparse matrix")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return one_by_one(problem, settings, alone)
