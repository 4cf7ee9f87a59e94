"""Checking the configuration: schema first, then what a schema cannot say.

Free of torch and of Snakemake: it runs whenever the workflow is parsed.
"""

import os
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from cnninvert.errors import InputError
from cnninvert.layers import ARCHITECTURES, layers_in_file

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"
WEIGHTS = ("torchvision", "oxford")
Config = dict[str, Any]


def check_config(config: Config) -> None:
    """Raise InputError, one sentence that names the key, unless ``config`` can be run."""
    schema = yaml.safe_load(SCHEMA.read_text())
    errors = list(Draft202012Validator(schema).iter_errors(config))
    if errors:
        raise InputError(_sentence(min(errors, key=_position)))
    for check in (_weights, _images, _classify, _theory, _figure3_layers, _iht_codes, _picture):
        check(config)


def typed(value: Any) -> Any:
    """``value`` with the numbers, truth values and nulls that Snakemake left as text.

    It reads everything inside --config 'section={key: 3}' as text.
    """
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, str) and value:
        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError:
            return value
        return read if read is None or isinstance(read, int | float) else value
    return value


def weights_layers(config: Config, name: str) -> list[str]:
    """Names of the VGG-16 layers that the weights called ``name`` reach."""
    entry = config["weights"]["files"].get(name)
    if entry is None:
        return [layer.name for layer in ARCHITECTURES["vgg16"]]
    return [layer.name for layer in layers_in_file(expand(entry["path"]))]


def expand(path: str) -> str:
    """A path of the user's, with ~ and $VARIABLES replaced."""
    return os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111


def _position(error: ValidationError) -> tuple[int, str]:
    # Unknown keys first: they are typing mistakes, and explain a missing key beside them.
    return (error.validator != "additionalProperties", ".".join(map(str, error.absolute_path)))


def _sentence(error: ValidationError) -> str:
    key = ".".join(str(part) for part in error.absolute_path)
    meaning = error.schema.get("description")
    about = f" ({meaning})" if meaning else ""
    value = f"{error.instance!r:.80}"
    match error.validator:
        case "additionalProperties":
            known = error.schema["properties"]
            unknown = sorted(str(name) for name in error.instance if name not in known)
            prefix = f"{key}." if key else ""
            return f"config: {prefix}{unknown[0]} is no setting; known here: {', '.join(known)}."
        case "required":
            prefix = f"{key}." if key else ""
            missing = [name for name in error.validator_value if name not in error.instance]
            return f"config: {prefix}{missing[0]} is missing; config.yaml shows its default."
        case "type":
            wanted = error.validator_value
            wanted = " or ".join(wanted) if isinstance(wanted, list) else wanted
            return f"config: {key or 'the file'} = {value}{about} must be of type {wanted}."
        case "enum":
            allowed = ", ".join(map(str, error.validator_value))
            return f"config: {key} = {value}{about} must be one of: {allowed}."
        case "not":
            return f"config: {key} = {value}{about} is reserved; choose another name."
        case "pattern":
            return f"config: {key} = {value}{about} may hold letters, digits, _ and - only."
    limits = {
        "minimum": "at least {}",
        "maximum": "at most {}",
        "exclusiveMinimum": "more than {}",
        "exclusiveMaximum": "less than {}",
        "multipleOf": "a multiple of {}",
        "minItems": "a list of at least {} item",
        "minLength": "a text of at least {} character",
        "uniqueItems": "a list without repetition",
    }
    rule = limits.get(str(error.validator), f"valid ({error.message})")
    return f"config: {key} = {value}{about} must be {rule.format(error.validator_value)}."


def _weights(config: Config) -> None:
    files = config["weights"]["files"]
    used = [config["weights"]["use"], *config["weights"]["compare"]]
    for name in used:
        if name not in files and name not in WEIGHTS:
            known = ", ".join([*WEIGHTS, *files])
            raise InputError(f"config: weights: {name} is neither known nor in files ({known}).")
    if config["weights"]["use"] in config["weights"]["compare"]:
        raise InputError(
            f"config: weights.compare names {used[0]}, which weights.use has already; remove it."
        )
    for name, entry in files.items():
        if name == "torchvision":
            raise InputError("config: weights.files.torchvision: the name is taken; use another.")
        if not Path(expand(entry["path"])).is_file():
            raise InputError(
                f"config: weights.files.{name}.path = {entry['path']}: there is no such file."
            )
        if name in used:
            layers_in_file(expand(entry["path"]))


def _images(config: Config) -> None:
    root = config["images"]["root"]
    if root is not None and not Path(expand(root)).is_dir():
        raise InputError(f"config: images.root = {root}: there is no such folder.")
    test = config["images"]["test"]
    sections = ("sparsity", "rip", "figure3_layers", "reconstruct", "iht_activations")
    counts = [(section, "images") for section in sections]
    for section, key in (*counts, ("reconstruct", "iht_images"), ("reconstruct", "codes_images")):
        wanted = config[section][key]
        if wanted > test:
            raise InputError(
                f"config: {section}.{key} = {wanted} is more than images.test = {test}; "
                "lower the one or raise the other."
            )
    if config["figure4"]["rows"] > test:
        raise InputError(
            f"config: figure4.rows = {config['figure4']['rows']} is more than images.test = {test}."
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
                f"config: classify.search_images = {count}, folds = {folds} and validation = "
                f"{section['validation']} leave {left} images {name}; {least} or more are needed "
                f"(classify.batch = {batch})."
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
    if not Path(expand(file)).is_file():
        raise InputError(f"config: picture.file = {file}: there is no such file.")
    if set("{}") & set(file):
        raise InputError(
            f"config: picture.file = {file}: Snakemake takes braces for wildcards; rename it."
        )
    layers = config["reconstruct"]["layers"]
    if layer not in layers:
        raise InputError(
            f"config: picture.layer = {layer} is not among reconstruct.layers = {layers}."
        )
