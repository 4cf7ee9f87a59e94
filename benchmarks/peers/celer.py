"""celer: working sets on the explicit sparse matrix, a sample at a time.

Its stopping rule is a gap relative to ||x||^2: the largest tolerance 2^-n that reaches the gap is
looked for, and then a fit with it is timed.
"""

from celer import Lasso

from peers.matrix import solve_lasso
from peers.problems import Problem
from peers.timing import Run, Settings


def solve(problem: Problem, settings: Settings) -> Run:
    def estimator(alpha: float, halvings: int) -> Lasso:
        return Lasso(alpha, fit_intercept=False, tol=2.0**-halvings)

    return solve_lasso(problem, settings, estimator)
