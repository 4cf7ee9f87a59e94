"""What all rules share: the checked config, paths, devices, and the code they depend on."""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.basedir)
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "workflow" / "lib")]
from machinery.closure import closure
from machinery.environment import prepare_jobs
from machinery.errors import InputError
from machinery.schema import check_keys, typed
from machinery.workspace import check_writable, claim
from paper.settings.config import check_config, expand as expand_path
from paper.settings.gpu import has_gpu
from paper.settings.inversion import (
    REFINED,
    inversion_layers,
    inversion_methods,
    witness_layers,
)
from paper.settings.network import network_label
from paper.settings.plan import Plan, folder_digest
from paper.verdict.summary import verdicts

prepare_jobs(submitted=workflow.remote_exec)
if workflow.local_exec:
    # Other --resources than gpu take the place of the profile's.
    workflow.global_resources.setdefault("gpu", 1)

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


def refuse(sentence):
    """End the run. A WorkflowError from here would be shown with a traceback, or twice."""
    logger.error(sentence)
    sys.exit(1)


DATA = "results/data"  # shared by all presets
MAIN = config["weights"]["use"]
SEED = config["seed"]


pathvars:
    results=R,
    data=DATA,
    stats="<results>/stats",
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


wildcard_constraints:
    architecture="alexnet|vgg16",
    weights="[A-Za-z0-9_]+",
    layer="[a-z0-9_]+",
    filters="learned|random|gaussian",
    switches="known|fixed",


def one_of(names):
    """The constraint of a wildcard that stands for these names; for none, of no file's."""
    return "|".join(names) or "none"


def from_here(path):
    """``path`` from the working directory: a project that is moved or mounted reruns nothing."""
    return os.path.relpath(path)


PAPER = from_here(ROOT / "workflow" / "data" / "paper_numbers.csv")


def code(script):
    """The script and the library files that it imports, as inputs of its rule."""
    scripts = ROOT / "workflow" / "scripts"
    return [from_here(path) for path in closure(scripts / f"{script}.py")]


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


def several_threads(_wildcards):
    """Threads for long work: one on two cores, where two jobs run better beside each other."""
    return threads_of(4)


def all_threads(_wildcards):
    """Threads for long work that runs alone."""
    return threads_of(1)


def threads_of(jobs):
    """Threads of each of so many ``jobs`` beside each other.

    On a cluster the profile sets them (`set-threads`): inside a job, the cores that Snakemake sees
    are the node's, not the job's.
    """
    if workflow.remote_exec or not workflow.local_exec:
        return 1
    return max(1, (workflow.resource_settings.cores or 1) // jobs)


def settings(section, *keys):
    """Some settings of a section, as a rule's param."""
    return {key: config[section][key] for key in keys}


def weights_path(name, architecture="vgg16"):
    """The weights called ``name``: a user's file belongs to the preset, downloads to all."""
    own = architecture == "vgg16" and name in config["weights"]["files"]
    return f"{R if own else DATA}/weights/{architecture}-{name}.safetensors"


def network_weights(wildcards):
    """The weights that a rule's wildcards name."""
    architecture = getattr(wildcards, "architecture", "vgg16")
    return weights_path(wildcards.weights, architecture)


# The report's parts, in the order of the paper, by how names begin.
PARTS = {
    "table1": "1 Table 1",
    "figure2": "2 Figure 2",
    "theorem31": "2 Figure 2",
    "figure3": "3 Figure 3",
    "table2": "4 Tables 2 and 3",
    "table3": "4 Tables 2 and 3",
    "alexnet": "4 Tables 2 and 3",
    "errata": "4 Tables 2 and 3",
    "table4": "5 Table 4",
    "decoder": "5 Table 4",
    "figure4": "6 Figure 4",
    "picture": "6 Figure 4",
    "switches": "6 Figure 4",
    "iht": "7 More steps",
    "fidelity": "8 Verdicts",
    "claims": "8 Verdicts",
    "network": "9 Networks",
}


def part(name):
    """The part of the report that the table or figure ``name`` is in."""
    return next(title for start, title in PARTS.items() if name.startswith(start))


def in_report(name, kind, suffixes):
    """Files of a table or figure, with a place and a caption in the report.

    Files that differ by wildcards share the caption of what their names begin with.
    """
    look = {
        "caption": f"../report/{name.split('_{')[0]}.rst",
        "category": part(name),
    }
    files = {suffix: f"<results>/{kind}/{name}.{suffix}" for suffix in suffixes}
    labels = {kind.removesuffix("s"): name}
    if found := verdicts(name, Path(R, "tables", "claims.csv")):
        labels["claims"] = found
    flagged = []
    for suffix, file in files.items():
        flagged.append(report(file, **look, labels=labels | {"format": suffix}))
    return flagged


def table_files(name, suffixes=("csv", "md", "tex")):
    """The formats of a table."""
    return in_report(name, "tables", suffixes)


def csv_table(name):
    """A table that is too long to be printed."""
    (path,) = table_files(name, ["csv"])
    return path


def figure_files(name):
    """The formats of a figure."""
    return in_report(name, "figures", ("pdf", "png"))


# What each target makes, filled in beside its rules. What the configured weights cannot reach is
# left out, and PLAN.left_out says so.
TARGETS = {}
# What is made on demand only, and is not part of `all`.
EXTRA = {}
