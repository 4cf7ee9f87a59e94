"""What all rules share: the checked config, folders, devices, and the code they depend on."""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

LIB = Path(workflow.basedir) / "workflow" / "lib"
SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(LIB))
from cnninvert.config import check_config, expand as expand_path
from cnninvert.costs import Costs
from cnninvert.errors import InputError
from cnninvert.imports import closure, prepare_jobs
from cnninvert.plan import Plan, folder_digest, has_gpu
from cnninvert.schema import check_keys, typed
from cnninvert.workspace import check_writable, claim

prepare_jobs(submitted=workflow.remote_exec)

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
COSTS = Costs(config)

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


def wants_gpu():
    """Whether a job that can use a GPU is given one, by the setting `device`.

    Where jobs are submitted, this machine's GPU says nothing about theirs: `auto` asks for none.
    """
    if config["device"] != "auto":
        return config["device"] == "cuda"
    return workflow.local_exec and not workflow.remote_exec and has_gpu()


def gres(_wildcards):
    """What a cluster is asked for where its profile says `gpu_gres`, say gpu:a100:1."""
    defaults = workflow.resource_settings.default_resources or {}
    asked = "gpu_gres" in defaults and wants_gpu() and not workflow.local_exec
    return defaults["gpu_gres"].raw if asked else ""


def gpus(wildcards):
    """How many GPUs a job asks for, which the plugin for Slurm cannot do beside `gres`."""
    return int(wants_gpu() and not gres(wildcards))


def wall_time(_wildcards, rulename):
    """Minutes that a job of this rule asks for."""
    return COSTS.minutes(rulename)


def memory(_wildcards, rulename):
    """Megabytes that a job of this rule asks for."""
    return COSTS.megabytes(rulename)


def several_threads(_wildcards):
    """Threads for long work: one on two cores, where two jobs run better beside each other.

    On a cluster the profile sets them (`set-threads`): inside a job, the cores that Snakemake sees
    are the node's, not the job's.
    """
    if workflow.remote_exec or not workflow.local_exec:
        return 1
    return max(1, (workflow.resource_settings.cores or 1) // 4)
