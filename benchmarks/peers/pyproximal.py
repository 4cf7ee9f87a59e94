"""pyproximal: proximal gradient with the acceleration that it calls ``vandenberghe``.

The whole batch is one vector, and the l1 norm has a weight for each of its entries. Of its
accelerations, ``fista`` takes as many iterations, but turns all vectors into float64; Anderson's
needs fewer on the Gaussian problem and three times as many on VGG's, and in a batch it mixes the
samples. Its ADMMs solve for this operator by an inner iteration.
"""

import numpy as np
from pyproximal import L1, L2
from pyproximal.optimization.cls_primal import ProximalGradient

from peers.fista import lipschitz
from peers.operators import Stop, Synthesis, per_code
from peers.problems import Problem
from peers.timing import Run, Settings, Watch, in_one_batch, watched


def solve(problem: Problem, settings: Settings) -> Run:
    bound = lipschitz(problem)

    def batch(problem: Problem) -> Run:
        weights = per_code(problem)
        f = L2(Op=Synthesis(problem), b=problem.x.numpy().ravel())

        def run(watch: Watch) -> np.ndarray:
            solver = ProximalGradient(callbacks=[Stop(watch)])
            return solver.solve(
                f,
                L1(sigma=weights),
                np.zeros(len(weights), np.float32),
                tau=1 / bound,
                acceleration="vandenberghe",
                niter=settings.max_iterations,
            )[0]

        return watched(problem, settings, "ProximalGradient", run)

    return in_one_batch(problem, settings, batch)
