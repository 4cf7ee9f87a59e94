"""Dry runs of Snakemake, each in a fork of one process that has it imported already."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

# What a plan imports but for our own modules, which come from the folder that is planned in.
IMPORTED = ["snakemake.cli", "snakemake.dag", "snakemake.workflow", "pandas", "jsonschema", "yaml"]

PATIENCE = 600  # seconds

_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(IMPORTED)


def dry_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What ``snakemake --dry-run`` with ``arguments`` prints in ``folder``, and its exit code."""
    # The process's own exit code can be lost where two threads start processes: each start also
    # asks the other thread's process whether it has ended, and only the first to ask is told.
    ended, end = _fork.Pipe(duplex=False)
    with tempfile.NamedTemporaryFile("w+") as output, ended:
        process = _fork.Process(target=_run, args=(folder, arguments, output.name, end))
        process.start()
        end.close()
        code = None
        with suppress(EOFError):
            if ended.poll(PATIENCE):
                code = ended.recv()
        process.kill()
        process.join()
        return subprocess.CompletedProcess(arguments, code, output.read(), "")


def _run(folder: Path, arguments: tuple[str, ...], output: str, end) -> None:
    os.chdir(folder)
    file = os.open(output, os.O_WRONLY)
    os.dup2(file, 1)
    os.dup2(file, 2)
    # Our modules are those of the folder, not those that pytest tests.
    sys.path[:] = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix))]
    sys.dont_write_bytecode = True
    from snakemake.cli import main

    try:
        main(["--dry-run", "--cores", "2", *arguments])
    except SystemExit as ending:
        sys.stdout.flush()
        sys.stderr.flush()
        end.send(ending.code)
