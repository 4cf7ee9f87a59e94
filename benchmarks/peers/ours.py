"""``cnninvert``: this library's solver."""

from torch import Tensor

from cnninvert.solvers.filter_bank import PreparedFilterBank
from cnninvert.solvers.sparse_coding import sparse_coding
from peers.problems import Problem
from peers.timing import Clock, Run, Settings


def solve(problem: Problem, settings: Settings) -> Run:
    """The whole batch in one call; what a filter bank needs once is timed apart."""
    clock = Clock(problem.x.device)
    prepared = prepare(problem)
    setup = clock.seconds()

    batch = len(problem.x)
    curve = []
    clock = Clock(problem.x.device)

    def callback(_iteration: int, gap: Tensor) -> None:
        curve.append((clock.seconds() / batch, float(gap.max())))

    found = sparse_coding(
        problem.operator,
        problem.x,
        problem.fraction,
        tolerance=settings.gap,
        max_iterations=settings.max_iterations,
        callback=callback,
        prepared=prepared,
    )
    seconds = clock.seconds() / batch
    iterations = found.iterations.tolist()
    how = f"torch, batch of {batch}"
    return Run(found.codes, problem.gap(found.codes), seconds, iterations, curve, how, setup)


def prepare(problem: Problem) -> PreparedFilterBank:
    """What a filter bank needs once, made by a call of no iterations for one sample."""
    prepared = PreparedFilterBank(problem.operator)
    one = problem.x[:1]
    sparse_coding(problem.operator, one, problem.fraction, max_iterations=0, prepared=prepared)
    return prepared
