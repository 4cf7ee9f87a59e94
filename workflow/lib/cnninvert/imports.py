"""Which of our files a script depends on: Snakemake sees a script, but not what it imports."""

import ast
import os
from functools import cache
from pathlib import Path

from cnninvert import provenance
from cnninvert.fencing import SLURM_JOB, SNAKEMAKE, this_process, this_slurm_job

LIBRARY = Path(__file__).parent

# How work runs, never what it computes: a change in these reruns nothing.
PLUMBING = frozenset(
    {
        *("classifier_cost", "costs", "errors", "fencing", "files", "hdf5", "imports", "job"),
        *("progress", "provenance", "resumable", "roofline", "timings"),
    }
)


def closure(script: Path) -> list[Path]:
    """``script`` and every module of this package that it imports, directly or not, sorted.

    Imports anywhere in a file count, those inside functions too; PLUMBING is left out.
    """
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting.extend(_imports(path))
    return sorted(seen)


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    found = {LIBRARY / "__init__.py"} if path.parent != LIBRARY else set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.ImportFrom) and node.module == "cnninvert":
            found.update(LIBRARY / f"{alias.name}.py" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cnninvert."):
            found.add(LIBRARY / f"{node.module.split('.')[1]}.py")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("cnninvert."):
                    found.add(LIBRARY / f"{alias.name.split('.')[1]}.py")
    return tuple(path for path in found if path.exists() and path.stem not in PLUMBING)


def prepare_jobs(submitted: bool) -> None:
    """Set the environment of the Python processes that run scripts.

    ``submitted``: whether this Snakemake is itself in a job that another one sent to a cluster.
    """
    # They import this package, wherever it lies.
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = dict.fromkeys([str(LIBRARY.parent), *filter(None, known)])
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ[SNAKEMAKE] = this_process()
    os.environ[SLURM_JOB] = this_slurm_job() if submitted else ""
    # A job that is sent to a cluster parses the workflow anew, perhaps from another state of it.
    if provenance.COMMIT not in os.environ:
        os.environ[provenance.COMMIT] = provenance.describe_commit(LIBRARY.parents[2])
    # glibc gives large tensors back to the system at every step of a training, and asks for them
    # again: keeping them made steps on the CPU 5-40 % shorter.
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "1000000000")
    os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", "2000000000")
