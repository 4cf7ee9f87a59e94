"""scikit-learn's Lasso: coordinate descent on the explicit sparse matrix, a sample at a time.

(On the dense matrix a fit takes eight times as long.) Its own stopping rule is another, so the
least number of sweeps that reaches the gap is looked for, and then a fit of so many is timed.
"""

from sklearn.linear_model import Lasso

from peers.matrix import solve_lasso
from peers.problems import Problem
from peers.timing import Run, Settings


def solve(problem: Problem, settings: Settings) -> Run:
    def estimator(alpha: float, sweeps: int) -> Lasso:
        return Lasso(alpha, fit_intercept=False, max_iter=sweeps, tol=1e-12)

    return solve_lasso(problem, settings, estimator)
