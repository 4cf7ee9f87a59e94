"""pylops: its FISTA.

The whole batch is one vector. It takes one lambda only, so each signal is divided by its own.
"""

import numpy as np
from pylops.optimization.cls_sparsity import FISTA

from peers.fista import lipschitz
from peers.operators import Stop, Synthesis, per_code
from peers.problems import Problem
from peers.timing import Run, Settings, Watch, in_one_batch, watched


def solve(problem: Problem, settings: Settings) -> Run:
    bound = lipschitz(problem)

    def batch(problem: Problem) -> Run:
        scale = per_code(problem)
        signals = (problem.x / problem.lam.view(-1, 1, 1, 1)).numpy().ravel()

        def run(watch: Watch) -> np.ndarray:
            solver = FISTA(Synthesis(problem), callbacks=[Stop(watch, scale)])
            codes = solver.solve(
                signals,
                np.zeros(len(scale), np.float32),
                niter=settings.max_iterations,
                eps=2.0,  # twice lambda: its squared error is not halved
                alpha=1 / bound,
                tol=0.0,
                preallocate=True,
            )[0]
            return codes * scale

        return watched(problem, settings, "FISTA", run)

    return in_one_batch(problem, settings, batch)
