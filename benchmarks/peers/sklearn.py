"""scikit-learn's Lasso: coordinate descent on the explicit sparse matrix, a sample at a time.

(On the dense matrix a fit takes eight times as long.) Its own stopping rule is another, so the
least number of sweeps that reaches the gap is looked for, and then a fit of so many is timed.
"""

import time
import warnings

from sklearn.linear_model import Lasso

from peers.matrix import explicit
from peers.problems import Problem
from peers.timing import Run, Settings, least, one_by_one


def solve(problem: Problem, settings: Settings) -> Run:
    matrix = explicit(problem)

    def alone(problem: Problem) -> Run:
        x = problem.x.numpy().ravel()
        alpha = float(problem.lam) / len(x)  # its squared error is divided by len(x)

        def fit(sweeps: int):
            lasso = Lasso(alpha, fit_intercept=False, max_iter=sweeps, tol=1e-12)
            start = time.perf_counter()
            lasso.fit(matrix, x)
            return lasso.coef_, sweeps, time.perf_counter() - start

        return least(problem, settings, fit, "Lasso, sparse matrix")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of no convergence: the gap says whether
        return one_by_one(problem, settings, alone)
