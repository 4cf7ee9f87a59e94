"""How a solver is timed to a given duality gap."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean

import torch
from torch import Tensor

from paper.device import use_device
from peers.problems import Problem, relative_gap


class CannotRun(Exception):
    """Why a solver cannot take a problem, as the rest of a sentence that begins with its name."""


@dataclass(frozen=True)
class Settings:
    """What every solver is asked for.

    ``gap``: the relative duality gap at which to stop. ``max_iterations`` and, for the peers,
    ``limit`` (seconds of one run): when to give up. ``peer_samples``: how many samples a batch of
    the peers has; ``alone``: how many samples a peer is timed on that takes one at a time.
    """

    gap: float = 1e-3
    max_iterations: int = 20_000
    limit: float = 300.0
    peer_samples: int = 32
    alone: int = 4


@dataclass
class Run:
    """One solver's run on one problem.

    ``codes``: what it returned; ``gaps``: theirs, by ``Problem.gap``; ``seconds``: a sample, in
    the mean; ``iterations``: of each sample; ``curve``: (seconds a sample, largest gap) along the
    way; ``how``: what was run; ``setup``: seconds of work that a filter bank needs once, which
    ``seconds`` does not count.
    """

    codes: Tensor
    gaps: Tensor
    seconds: float
    iterations: list[int]
    curve: list[tuple[float, float]]
    how: str
    setup: float = 0.0


class Clock:
    """Seconds on a device since it was made, without the time inside ``with clock:``."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.paused = 0.0
        self.start = self._now()

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def seconds(self) -> float:
        return self._now() - self.start - self.paused

    def __enter__(self) -> float:
        """Pause; gives the seconds until now."""
        self.stopped = self._now()
        return self.stopped - self.start - self.paused

    def __exit__(self, *_error: object) -> None:
        self.paused += self._now() - self.stopped


class Watch:
    """Looks at a solver's codes from its callback, and says when all have reached the gap.

    The clock stands still while it looks: a peer pays nothing for a stopping rule that it does
    not have. It looks after each iteration up to the 20th and then each time that the iterations
    have grown by a twentieth, so that no solver runs more than 5 % longer than it must.
    """

    def __init__(self, problem: Problem, settings: Settings) -> None:
        self.problem, self.settings = problem, settings
        self.iteration, self.next = 0, 1
        self.curve: list[tuple[float, float]] = []
        self.clock = Clock(problem.x.device)

    def __call__(self, codes: Callable[[], object]) -> bool:
        """After each iteration: whether the solver may stop; ``codes`` gives its codes."""
        self.iteration += 1
        last = self.iteration >= self.settings.max_iterations
        if self.iteration < self.next and not last:
            return False
        with self.clock as seconds:
            problem = self.problem
            self.next = self.iteration + max(1, self.iteration // 20)
            z = as_codes(problem, codes())
            gaps = relative_gap(problem.operator, problem.x, z, problem.lam)
            self.curve.append((seconds / len(gaps), float(gaps.max())))
            late = last or seconds > self.settings.limit
            return late or bool((gaps <= self.settings.gap).all())


def as_codes(problem: Problem, z: object) -> Tensor:
    """A solver's codes, flat or not, array or tensor, as (B, K, n, n)."""
    return torch.as_tensor(z).to(problem.x).reshape(problem.code_shape)


def watched(
    problem: Problem, settings: Settings, how: str, solve: Callable[[Watch], object]
) -> Run:
    """Time ``solve(watch)``, which returns the codes of all samples of ``problem``."""
    count = len(problem.x)
    watch = Watch(problem, settings)
    z = solve(watch)
    seconds = watch.clock.seconds() / count
    z = as_codes(problem, z)
    if count > 1:
        how = f"{how}, batch of {count}"
    return Run(z, problem.gap(z), seconds, [watch.iteration] * count, watch.curve, how)


def in_one_batch(problem: Problem, settings: Settings, solve: Callable[[Problem], Run]) -> Run:
    """Run ``solve`` on the batch that peers are given."""
    return solve(problem.samples(slice(settings.peer_samples)))


def one_by_one(problem: Problem, settings: Settings, solve: Callable[[Problem], Run]) -> Run:
    """Run ``solve`` on the first samples, each alone, and gather what it returns."""
    runs: list[Run] = []
    for number in range(min(settings.alone, len(problem.x))):
        runs.append(solve(problem.samples(slice(number, number + 1))))
        if sum(run.seconds for run in runs) > settings.limit:
            break
    longest = max(len(run.curve) for run in runs)
    padded = [run.curve + [run.curve[-1]] * (longest - len(run.curve)) for run in runs]
    curve = [
        (mean(seconds for seconds, _ in points), max(gap for _, gap in points))
        for points in zip(*padded, strict=True)
    ]
    return Run(
        torch.cat([run.codes for run in runs]),
        torch.cat([run.gaps for run in runs]),
        mean(run.seconds for run in runs),
        [count for run in runs for count in run.iterations],
        curve,
        f"{runs[0].how}, one by one ({len(runs)})",
    )


def least(
    problem: Problem, settings: Settings, fit: Callable[[int], tuple[object, int, float]], how: str
) -> Run:
    """Time ``fit(n)`` with the least n whose codes reach the gap: doubled, then bisected.

    For solvers without a callback. ``problem`` has one sample; ``fit`` returns codes, iterations
    and seconds.
    """
    curve: dict[int, tuple[float, float]] = {}

    def reaches(n: int) -> bool:
        z, _, seconds = fit(n)
        curve[n] = (seconds, float(problem.gap(as_codes(problem, z))))
        return curve[n][1] <= settings.gap

    low, high = 0, 1
    while not reaches(high) and high < settings.max_iterations:
        if sum(seconds for seconds, _ in curve.values()) > settings.limit:
            break
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    z, iterations, seconds = fit(high)
    z = as_codes(problem, z)
    gaps = problem.gap(z)
    points = [(seconds, float(gaps))]
    for n in sorted(curve, reverse=True):  # a fit of fewer took no longer, but for the load
        if n < high:
            points.insert(0, (min(curve[n][0], points[0][0]), curve[n][1]))
    return Run(z, gaps, seconds, [iterations], points, how)


def chosen_device(name: str) -> torch.device:
    """The device that ``--device`` names: cpu, cuda, or auto for CUDA where there is any."""
    return use_device(torch.cuda.is_available() if name == "auto" else name == "cuda")
