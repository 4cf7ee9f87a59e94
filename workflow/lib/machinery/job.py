"""What every script does around its work: log, device, threads, and errors in one sentence."""

import errno
import gc
import hashlib
import inspect
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machinery import fencing, provenance
from machinery.checkpoints import Checkpoints
from machinery.errors import InputError
from machinery.files import sha256

log = logging.getLogger("cnninvert")

# What to do about errors of the system.
REMEDIES = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EROFS: "make it writable",
    errno.EACCES: "give yourself the right to it",
    errno.EPERM: "give yourself the right to it",
}
OUT_OF_MEMORY = "not enough memory; lower the batch or the number of images in the config."
GPU_OUT_OF_MEMORY = (
    "the GPU has not enough memory; lower the batch, the number of images or cache_gb in the "
    "config, or set device: cpu."
)
# What torch and CUDA's libraries say of it, on the GPU and on the CPU.
GPU_LACKS = ("CUDA out of memory", "CUDA error: out of memory", "_STATUS_ALLOC_FAILED")
CPU_LACKS = ("out of memory", "can't allocate memory")


def run(snakemake: Any, work: Callable[..., None]) -> None:
    """Call ``work`` as a Snakemake job, with the job's values for its parameters.

    A parameter is what has its name among the job's inputs, outputs, wildcards, params and
    resources: a path, a list of paths, or a value. ``checkpoints`` is the job's Checkpoints, which
    are removed when the work is done.

    Progress goes to the rule's log file and, prefixed with the rule's name, to the screen.
    An InputError, a full disk or lack of memory ends the job with one sentence and status 1;
    any other exception is a defect of ours and leaves its traceback in the log.
    PyTorch, where the script has imported it, gets the rule's number of threads. The process ends
    with the Snakemake that started it, and when another one starts the same job again. A job that
    succeeds leaves a record of itself beside its log.
    """
    fencing.end_with_snakemake()
    try:
        _start_logging(snakemake)
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(snakemake.threads)
        token = Path(snakemake.log[0]).with_suffix(".token")
        with fencing.signed(token), provenance.recorded(snakemake):
            arguments = _arguments(work, snakemake)
            work(**arguments)
            if "checkpoints" in arguments:
                arguments["checkpoints"].remove()
        # Else the interpreter looks for cycles as it ends: 0.3 s with PyTorch and pandas.
        gc.freeze()
    except InputError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _fail("interrupted.")
    except MemoryError:
        _fail(OUT_OF_MEMORY)
    except OSError as error:
        if error.errno is None:
            _defect(snakemake)
        about = REMEDIES.get(error.errno, "put this right")
        _fail(f"{_place(error, snakemake)}: {os.strerror(error.errno)}; {about} and run again.")
    except RuntimeError as error:
        if any(words in str(error) for words in GPU_LACKS):
            _fail(GPU_OUT_OF_MEMORY)
        if any(words in str(error) for words in CPU_LACKS):
            _fail(OUT_OF_MEMORY)
        _defect(snakemake)
    except Exception:
        _defect(snakemake)


def _arguments(work: Callable[..., None], snakemake: Any) -> dict[str, Any]:
    """The values of the job, by the names of the parameters of ``work``."""
    values: dict[str, Any] = {}
    for given in (snakemake.resources, snakemake.params, snakemake.wildcards):
        values |= dict(given.items())
    for files in (snakemake.input, snakemake.output):
        for name, file in files.items():
            values[name] = Path(file) if isinstance(file, str) else [Path(each) for each in file]
    parameters = inspect.signature(work).parameters
    if "checkpoints" in parameters:
        values["checkpoints"] = _checkpoints(snakemake)
    missing = [name for name in parameters if name not in values]
    if missing:
        raise TypeError(f"the rule {snakemake.rule} has no {', '.join(missing)}")
    return {name: values[name] for name in parameters}


def _checkpoints(snakemake: Any) -> Checkpoints:
    """In the folder ``state`` beside that of the logs, under the log's name."""
    before, _, name = str(Path(snakemake.log[0]).with_suffix("")).rpartition("/logs/")
    digests = {str(path): sha256(path) for path in snakemake.input if Path(path).is_file()}
    identity = {
        "wildcards": dict(snakemake.wildcards.items()),
        "params": dict(snakemake.params.items()),
        "gpu": int(snakemake.resources.get("gpu", 0)),
        "input": list(digests.values()),
    }
    code = "".join(digests[str(path)] for path in snakemake.input.get("code", ()))
    return Checkpoints(
        Path(before, "state", name), identity, hashlib.sha256(code.encode()).hexdigest()
    )


def _start_logging(snakemake: Any) -> None:
    rule = snakemake.rule
    wildcards = ",".join(str(value) for value in snakemake.wildcards)
    name = f"{rule}[{wildcards}]" if wildcards else rule
    logging.raiseExceptions = False  # a log on a full disk: the work says so itself
    form = logging.Formatter(f"%(asctime)s {name}: %(message)s", "%H:%M:%S")
    screen = logging.StreamHandler(sys.stderr)
    screen.setFormatter(form)
    logging.basicConfig(level=logging.WARNING, handlers=[screen], force=True)  # of the libraries
    log.setLevel(logging.INFO)
    if snakemake.log:
        path = Path(snakemake.log[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # another process may still write to it
        file = logging.FileHandler(path, mode="w")
        file.setFormatter(form)
        logging.getLogger().addHandler(file)


def _place(error: OSError, snakemake: Any) -> str:
    """The file that the system refused; the job's outputs, if the error does not say."""
    return str(error.filename or ", ".join(map(str, snakemake.output)))


def _defect(snakemake: Any) -> None:
    code = set(snakemake.input.get("code", ()))
    for path in snakemake.input:
        if path not in code and Path(path).is_file() and not Path(path).stat().st_size:
            _fail(f"{path}: the file is empty; delete it and run again.")
    log.exception("this is a defect of the pipeline, not of your input:")
    sys.exit(1)


def _fail(sentence: str) -> None:
    log.error("%s", sentence)
    logging.shutdown()
    sys.stderr.flush()
    # A plain exit, so that no traceback hides the sentence.
    os._exit(1)
