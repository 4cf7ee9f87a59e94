"""deepinv: its FISTA, on the batch. (Its Anderson acceleration needed more iterations.)"""

import torch
from deepinv.optim import FISTA
from deepinv.optim.data_fidelity import L2
from deepinv.optim.prior import L1Prior
from deepinv.physics import LinearPhysics
from torch import Tensor

from peers.fista import lipschitz
from peers.problems import Problem
from peers.timing import Run, Settings, Watch, in_one_batch, watched


class WatchedFISTA(FISTA):
    """FISTA with ``watch`` as its test of convergence, which begins at the third iteration."""

    def __init__(self, watch: Watch, **options: object) -> None:
        self.watch = watch
        super().__init__(early_stop=True, **options)

    def check_conv_fn(self, it: int, _previous: dict, current: dict) -> bool:
        self.watch.iteration = it
        return self.watch(lambda: current["est"][0])


def solve(problem: Problem, settings: Settings) -> Run:
    w, bound = problem.operator, lipschitz(problem)
    physics = LinearPhysics(A=lambda z, **_: w.adjoint(z), A_adjoint=lambda x, **_: w(x))

    def batch(problem: Problem) -> Run:
        start = problem.x.new_zeros(problem.code_shape)

        def run(watch: Watch) -> Tensor:
            solver = WatchedFISTA(
                watch,
                data_fidelity=L2(),
                prior=L1Prior(),
                stepsize=1 / bound,
                lambda_reg=[problem.lam.view(-1, 1, 1, 1)],
                max_iter=settings.max_iterations,
            )
            with torch.no_grad():
                return solver(problem.x, physics, init=(start, start))

        return watched(problem, settings, "FISTA", run)

    return in_one_batch(problem, settings, batch)
