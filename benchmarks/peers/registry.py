"""The solvers by name, and whether they can be imported."""

from collections.abc import Callable
from importlib import import_module

from peers.problems import Problem
from peers.timing import CannotRun, Run, Settings

OURS = "cnninvert"
# The name in tables: its module here and the function in it.
SOLVERS = {
    OURS: ("ours", "solve"),
    "fista-restart": ("fista", "solve_with_restart"),
    "fista": ("fista", "solve"),
    "pyproximal": ("pyproximal", "solve"),
    "pylops": ("pylops", "solve"),
    "deepinv": ("deepinv", "solve"),
    "sporco": ("sporco", "solve"),
    "scikit-learn": ("sklearn", "solve"),
    "celer": ("celer", "solve"),
}
ON_GPU = (OURS, "fista-restart", "fista", "deepinv")


def run(name: str, problem: Problem, settings: Settings) -> Run:
    """Run the solver ``name``; CannotRun if it is not installed or cannot take the problem."""
    if problem.x.device.type != "cpu" and name not in ON_GPU:
        raise CannotRun(f"runs on the CPU here, not on {problem.x.device}")
    module, function = SOLVERS[name]
    try:
        solve: Callable[[Problem, Settings], Run] = getattr(
            import_module(f"peers.{module}"), function
        )
    except ImportError as error:
        raise CannotRun(f"cannot be imported ({error}); ./install.sh bench installs it") from error
    return solve(problem, settings)
