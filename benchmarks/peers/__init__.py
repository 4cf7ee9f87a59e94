"""Solvers of the same l1 problem: ours, the baseline, and those of other libraries.

A module a solver, and in it ``solve(problem, settings)``, which returns a ``Run``. A module cannot
be imported where its package is missing; ``solve`` raises ``CannotRun`` where the package cannot
take the problem.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "workflow" / "lib")]
