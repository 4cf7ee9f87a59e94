"""Checking the configuration: schema first, then what a schema cannot say: rules between keys.

Free of torch and of Snakemake: it runs whenever the workflow is parsed.
"""

import os
from pathlib import Path
from typing import Any

from cnninvert.networks.layers import ARCHITECTURES, Conv, Pool
from cnninvert.networks.weight_file import layers_in_file
from machinery.errors import InputError, input_errors
from machinery.schema import check_schema
from paper.settings.inversion import check_inversion
from paper.settings.network import check_network
from paper.table1.architecture import Architecture, affordable

WEIGHTS = ("torchvision", "oxford")
# What is counted in test photographs, and can be no more than images.test.
OF_TEST = (
    ("table2", "images"),
    ("figure3", "images"),
    ("figure3_layers", "images"),
    ("table4", "images"),
    ("table4", "iht_images"),
    ("table4", "codes_images"),
    ("table4", "inverted_images"),
    ("iht_activations", "images"),
    ("figure4", "rows"),
)
# What settings were called before, and where they are now.
MOVED = {
    "classify": "table1",
    "theory": "figure2",
    "sparsity": "table2",
    "coherence.seeds": "table3.banks",
    "coherence": "table3",
    "rip": "figure3",
    "reconstruct": "table4",
    "iht_activations.filter_seeds": "iht_activations.banks",
    "decoder": "decoders",
    "metrics": "table4",
}
Config = dict[str, Any]


def check_config(config: Config) -> None:
    """Raise InputError, one sentence that names the key, unless ``config`` can be run."""
    _moved(config)
    check_schema(config)
    for check in (
        _weights,
        _images,
        _table1,
        _figure2,
        _figure3_layers,
        _iht_codes,
        _picture,
        _network,
        check_inversion,
    ):
        check(config)


def weights_layers(config: Config, name: str) -> list[str]:
    """Names of the VGG-16 layers that the weights called ``name`` reach."""
    entry = config["weights"]["files"].get(name)
    if entry is None:
        return [layer.name for layer in ARCHITECTURES["vgg16"]]
    return [layer.name for layer in _file_layers(entry)]


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


def _moved(config: Config) -> None:
    """Raise InputError for a setting of an older version, and say what it is called now."""
    if not isinstance(config, dict):
        return  # the schema says so
    for old, new in MOVED.items():
        section, _, key = old.partition(".")
        found = config.get(section)
        if section not in config or (key and not (isinstance(found, dict) and key in found)):
            continue
        if not key and isinstance(found, dict) and found:
            key = next(iter(found))
            old, new = f"{old}.{key}", f"{new}.{key}"
        raise InputError(f"config: {old} has moved: it is called {new} now.")


def _file_layers(entry: dict[str, str]) -> list[Conv | Pool]:
    """The layers that a file of weights reaches."""
    with input_errors():
        return layers_in_file(expand(entry["path"]))


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
            _file_layers(entry)


def _images(config: Config) -> None:
    root = config["images"]["root"]
    if root is not None:
        _check_path("images.root", root, folder=True)
    test = config["images"]["test"]
    wanted = {f"{section}.{key}": config[section][key] for section, key in OF_TEST}
    more = [f"{key} = {count}" for key, count in wanted.items() if count > test]
    if more:
        others = f" (and {', '.join(more[1:])})" if more[1:] else ""
        raise InputError(
            f"config: {more[0]} is more than images.test = {test}{others}; lower the one or raise "
            "the other."
        )


def _table1(config: Config) -> None:
    section = config["table1"]
    count, folds, batch = section["search_images"], section["folds"], section["batch"]
    held_out = -(-count // folds) if folds > 1 else round(count * section["validation"])
    if folds > count:
        raise InputError(f"config: table1.folds = {folds} exceeds table1.search_images = {count}.")
    for name, left, least in (("held out", held_out, 1), ("to train on", count - held_out, batch)):
        if left < least:
            raise InputError(
                f"config: table1.search_images = {count}, folds = {folds} and "
                f"table1.validation = {section['validation']} leave {left} images {name}; "
                f"{least} or more are needed (table1.batch = {batch})."
            )
    for key in ("halving", "one_layer_halving"):
        if section[key] > section["search_epochs"]:
            raise InputError(
                f"config: table1.{key} = {section[key]} exceeds table1.search_epochs = "
                f"{section['search_epochs']}, so no configuration would stop early; raise the "
                f"epochs, or set {key} to 1."
            )
    deepest = max(section["layers"])
    tested = section["seeds"] if deepest > 1 else max(section["seeds"], section["one_layer_seeds"])
    if section["inverted_seeds"] > tested:
        raise InputError(
            f"config: table1.inverted_seeds = {section['inverted_seeds']} is more than "
            f"table1.seeds = {section['seeds']}; lower the one or raise the other."
        )
    least = Architecture("learned", deepest, min(section["sizes"]), min(section["channels"]))
    if not affordable(least, section["multiply_adds"]):
        raise InputError(
            f"config: table1.multiply_adds = {section['multiply_adds']} (million) leaves out every "
            f"configuration of {deepest} layers, the smallest of which has "
            f"{least.multiply_adds / 1e6:.2f}; raise it, or set it to null."
        )
    if "patches" in section["variants"]:
        filters = [("sizes", deepest, max(section["sizes"]))]
        for name, each in section["chosen"].items():
            depth = int(name.split("-")[1])
            if depth in section["layers"]:
                filters.append((f"chosen.{name}.size", depth, each["size"]))
        for key, layer, size in filters:
            width = 32 >> (layer - 1)
            if size > width:
                raise InputError(
                    f"config: table1.variants has patches, but filters of table1.{key} = {size} "
                    f"do not fit into the maps of layer {layer}, which are {width} wide."
                )
    if section["train_images"] < batch:
        raise InputError(
            f"config: table1.train_images = {section['train_images']} are fewer than "
            f"table1.batch = {batch}."
        )


def _figure2(config: Config) -> None:
    theory = config["figure2"]
    if theory["filter_size"] > theory["length"]:
        raise InputError(
            f"config: figure2.filter_size = {theory['filter_size']} exceeds figure2.length = "
            f"{theory['length']}."
        )
    if 2 * theory["sparsity"] > theory["filters"]:
        raise InputError(
            f"config: figure2.sparsity = {theory['sparsity']}: delta_2k needs 2 k <= "
            f"figure2.filters = {theory['filters']}."
        )


def _figure3_layers(config: Config) -> None:
    layers = config["figure3_layers"]["layers"]
    for layer in config["figure3_layers"]["lambda_layers"]:
        if layers is not None and layer not in layers:
            raise InputError(
                f"config: figure3_layers.lambda_layers names {layer}, which is not among "
                f"figure3_layers.layers = {layers}; take it out there, or add it here."
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
    layers = config["table4"]["layers"]
    if layer not in layers:
        raise InputError(f"config: picture.layer = {layer} is not among table4.layers = {layers}.")


def _network(config: Config) -> None:
    section = config["network"]
    check_network(section)
    for key in ("file", "weights"):
        if section[key] is not None:
            _check_path(f"network.{key}", section[key])
