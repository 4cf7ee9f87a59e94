"""What all rules share: the checked config, folders, devices, and the code they depend on."""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

LIB = Path(workflow.basedir) / "workflow" / "lib"
SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(LIB))
from cnninvert.config import check_config, expand as expand_path
from cnninvert.errors import InputError
from cnninvert.imports import closure, prepare_jobs
from cnninvert.plan import Plan, folder_digest, has_gpu
from cnninvert.schema import check_keys, typed
from cnninvert.workspace import check_writable, claim

prepare_jobs()

config.update(typed(config))
try:
    for path in workflow.configfiles:
        check_keys(path)
    check_config(config)
    PLAN = Plan(config)
    R = f"results/{config['preset']}"  # of this preset
    for folder in (".snakemake", R):
        check_writable(Path(folder))
except InputError as error:
    raise WorkflowError(str(error)) from None

DATA = "results/data"  # shared by all presets
MAIN = config["weights"]["use"]


wildcard_constraints:
    architecture="alexnet|vgg16",
    weights="[A-Za-z0-9_]+",
    layer="[a-z0-9_]+",
    filters="learned|random|gaussian",
    switches="known|fixed",


def from_here(path):
    """``path`` from the working directory: a project that is moved or mounted reruns nothing."""
    return os.path.relpath(path)


def code(script):
    """The script and the library files that it imports, as inputs of its rule."""
    return [from_here(path) for path in closure(SCRIPTS / f"{script}.py")]


def gpus():
    """How many GPUs a job that can use one is given, by the setting `device`."""
    if config["device"] != "auto":
        return int(config["device"] == "cuda")
    return int(not workflow.remote_exec and has_gpu())


def several_threads():
    """Threads for long work: one on two cores, where two jobs run better beside each other.

    On a cluster the profile sets them (`set-threads`).
    """
    return max(1, (workflow.resource_settings.cores or 1) // 4)
