"""W^T for pylops and pyproximal, and how their solvers are stopped."""

import numpy as np
import torch
from pylops import LinearOperator
from pylops.optimization.callback import Callbacks

from peers.problems import Problem
from peers.timing import Watch


class Synthesis(LinearOperator):
    """W^T of a whole batch, whose codes form one vector; computed by torch, without copies."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        shape = (problem.x.numel(), int(np.prod(problem.code_shape)))
        super().__init__(dtype=np.dtype("float32"), shape=shape)

    def _matvec(self, z: np.ndarray) -> np.ndarray:
        codes = torch.from_numpy(z).float().view(self.problem.code_shape)
        return self.problem.operator.adjoint(codes).numpy().ravel()

    def _rmatvec(self, x: np.ndarray) -> np.ndarray:
        signals = torch.from_numpy(x).float().view(self.problem.x.shape)
        return self.problem.operator(signals).numpy().ravel()


class Stop(Callbacks):
    """Ends a solver when ``watch`` says so; ``scale`` turns its vector into our codes."""

    def __init__(self, watch: Watch, scale: np.ndarray | float = 1.0) -> None:
        self.watch, self.scale, self.stop = watch, scale, False

    def on_step_end(self, solver: object, x: np.ndarray) -> None:
        self.stop = self.watch(lambda: x * self.scale)


def per_code(problem: Problem) -> np.ndarray:
    """Lambda of each entry of the codes' vector."""
    count = int(np.prod(problem.code_shape[1:]))
    return problem.lam.numpy().repeat(count)
