"""Checking the configuration: schema first, then what a schema cannot say: rules between keys.

Free of torch and of Snakemake: it runs whenever the workflow is parsed.
"""

import os
from pathlib import Path
from typing import Any

from cnninvert.errors import InputError
from cnninvert.layers import ARCHITECTURES, layers_in_file
from cnninvert.schema import check_schema

WEIGHTS = ("torchvision", "oxford")
# What is counted in test photographs, and can be no more than images.test.
OF_TEST = (
    *((name, "images") for name in ("sparsity", "rip", "figure3_layers", "reconstruct")),
    *(
        ("iht_activations", "images"),
        ("reconstruct", "iht_images"),
        ("reconstruct", "codes_images"),
    ),
    ("figure4", "rows"),
)
Config = dict[str, Any]


def check_config(config: Config) -> None:
    """Raise InputError, one sentence that names the key, unless ``config`` can be run."""
    check_schema(config)
    for check in (_weights, _images, _classify, _theory, _figure3_layers, _iht_codes, _picture):
        check(config)


def weights_layers(config: Config, name: str) -> list[str]:
    """Names of the VGG-16 layers that the weights called ``name`` reach."""
    entry = config["weights"]["files"].get(name)
    if entry is None:
        return [layer.name for layer in ARCHITECTURES["vgg16"]]
    return [layer.name for layer in layers_in_file(expand(entry["path"]))]


def expand(path: str) -> str:
    """A path of the user's, with ~ and $VARIABLES replaced."""
    return os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111


def _check_path(key: str, path: str, folder: bool = False) -> None:
    """Raise InputError unless ``path``, the setting ``key``, is there and Snakemake can take it."""
    there = Path(expand(path))
    try:
        found = there.is_dir() if folder else there.is_file()
    except OSError:  # a name that is too long
        found = False
    if not found:
        raise InputError(
            f"config: {key} = {path:.1000}: there is no such {'folder' if folder else 'file'}."
        )
    if set("{}") & set(str(there)):
        raise InputError(
            f"config: {key} = {path}: Snakemake takes braces for wildcards; rename it."
        )


def _weights(config: Config) -> None:
    files = config["weights"]["files"]
    used = [config["weights"]["use"], *config["weights"]["compare"]]
    for name in used:
        if name not in files and name not in WEIGHTS:
            key = "use" if name == used[0] else "compare"
            known = ", ".join([*WEIGHTS, *files])
            raise InputError(
                f"config: weights.{key}: {name} is neither known nor in files ({known:.300})."
            )
    if config["weights"]["use"] in config["weights"]["compare"]:
        raise InputError(
            f"config: weights.compare names {used[0]}, which weights.use has already; remove it."
        )
    for name, entry in files.items():
        if name == "torchvision":
            raise InputError("config: weights.files.torchvision: the name is taken; use another.")
        _check_path(f"weights.files.{name}.path", entry["path"])
        if name in used:
            layers_in_file(expand(entry["path"]))


def _images(config: Config) -> None:
    root = config["images"]["root"]
    if root is not None:
        _check_path("images.root", root, folder=True)
    test = config["images"]["test"]
    for section, key in OF_TEST:
        wanted = config[section][key]
        if wanted > test:
            raise InputError(
                f"config: {section}.{key} = {wanted} is more than images.test = {test}; "
                "lower the one or raise the other."
            )


def _classify(config: Config) -> None:
    section = config["classify"]
    count, folds, batch = section["search_images"], section["folds"], section["batch"]
    held_out = -(-count // folds) if folds > 1 else round(count * section["validation"])
    if folds > count:
        raise InputError(
            f"config: classify.folds = {folds} exceeds classify.search_images = {count}."
        )
    for name, left, least in (("held out", held_out, 1), ("to train on", count - held_out, batch)):
        if left < least:
            raise InputError(
                f"config: classify.search_images = {count}, folds = {folds} and "
                f"classify.validation = {section['validation']} leave {left} images {name}; "
                f"{least} or more are needed (classify.batch = {batch})."
            )
    if section["halving"] > section["search_epochs"]:
        raise InputError(
            f"config: classify.halving = {section['halving']} exceeds classify.search_epochs = "
            f"{section['search_epochs']}, so no configuration would stop early; raise the epochs, "
            "or set halving to 1."
        )
    deepest, largest = max(section["layers"]), max(section["sizes"])
    if "patches" in section["variants"] and largest > 32 >> (deepest - 1):
        raise InputError(
            f"config: classify.variants has patches, but filters of classify.sizes = {largest} "
            f"do not fit into the maps of layer {deepest}, which are {32 >> (deepest - 1)} wide."
        )
    if section["train_images"] < batch:
        raise InputError(
            f"config: classify.train_images = {section['train_images']} are fewer than "
            f"classify.batch = {batch}."
        )


def _theory(config: Config) -> None:
    theory = config["theory"]
    if theory["filter_size"] > theory["length"]:
        raise InputError(
            f"config: theory.filter_size = {theory['filter_size']} exceeds theory.length = "
            f"{theory['length']}."
        )
    if 2 * theory["sparsity"] > theory["filters"]:
        raise InputError(
            f"config: theory.sparsity = {theory['sparsity']}: delta_2k needs 2 k <= theory.filters "
            f"= {theory['filters']}."
        )


def _figure3_layers(config: Config) -> None:
    layers = config["figure3_layers"]["layers"]
    for layer in config["figure3_layers"]["lambda_layers"]:
        if layers is not None and layer not in layers:
            raise InputError(
                f"config: figure3_layers.lambda_layers names {layer}, which is not among "
                f"figure3_layers.layers = {layers}."
            )


def _iht_codes(config: Config) -> None:
    section = config["iht_codes"]
    shifts = section["length"] - 2
    expansion = min(section["expansion"], *section["expansions"])
    density = min(section["density"], *section["densities"])
    filters = round(expansion * section["channels"])
    if round(density * filters * shifts**2) < 1:
        raise InputError(
            f"config: iht_codes: a density of {density} leaves no non-zero in codes of {filters} "
            f"filters (expansion {expansion}) and {shifts} x {shifts} shifts; "
            "raise channels, length, densities or expansions."
        )


def _picture(config: Config) -> None:
    file, layer = config["picture"]["file"], config["picture"]["layer"]
    if file is None:
        return
    _check_path("picture.file", file)
    layers = config["reconstruct"]["layers"]
    if layer not in layers:
        raise InputError(
            f"config: picture.layer = {layer} is not among reconstruct.layers = {layers}."
        )
