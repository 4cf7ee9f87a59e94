"""Dry runs of Snakemake, each in a fork of one process that has it imported already."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# What a plan imports but for our own modules, which come from the folder that is planned in.
IMPORTED = ["snakemake.cli", "snakemake.dag", "snakemake.workflow", "pandas", "jsonschema", "yaml"]

PATIENCE = 600  # seconds

_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(IMPORTED)


def dry_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What ``snakemake --dry-run`` with ``arguments`` prints in ``folder``, and its exit code."""
    with tempfile.NamedTemporaryFile("w+") as output:
        process = _fork.Process(target=_run, args=(folder, arguments, output.name))
        process.start()
        process.join(PATIENCE)
        process.kill()
        process.join()
        return subprocess.CompletedProcess(arguments, process.exitcode, output.read(), "")


def _run(folder: Path, arguments: tuple[str, ...], output: str) -> None:
    os.chdir(folder)
    file = os.open(output, os.O_WRONLY)
    os.dup2(file, 1)
    os.dup2(file, 2)
    # Our modules are those of the folder, not those that pytest tests.
    sys.path[:] = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix))]
    sys.dont_write_bytecode = True
    from snakemake.cli import main

    main(["--dry-run", "--cores", "2", *arguments])
