"""The environment of the Python processes that run scripts."""

import os

from machinery import provenance
from machinery.closure import PACKAGES, ROOT
from machinery.fencing import SLURM_JOB, SNAKEMAKE, this_process, this_slurm_job


def prepare_jobs(submitted: bool) -> None:
    """Set the environment that jobs inherit.

    ``submitted``: whether this Snakemake is itself in a job that another one sent to a cluster.
    """
    # They import our packages, wherever these lie.
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = dict.fromkeys([*map(str, PACKAGES.values()), *filter(None, known)])
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ[SNAKEMAKE] = this_process()
    os.environ[SLURM_JOB] = this_slurm_job() if submitted else ""
    # A job that is sent to a cluster parses the workflow again, perhaps from another state of it.
    if provenance.COMMIT not in os.environ:
        os.environ[provenance.COMMIT] = provenance.describe_commit(ROOT)
    # glibc gives large tensors back to the system at every step of a training, and asks for them
    # again: keeping them made steps on the CPU 5-40 % shorter.
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "1000000000")
    os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", "2000000000")
