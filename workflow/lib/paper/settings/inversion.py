"""The section inversion of the settings. Free of torch."""

from typing import Any

from machinery.errors import InputError
from paper.inversion.methods import METHODS

# What inversion.layers is where it is null.
LAYERS = {
    "vgg16": ["pool1", "pool2", "pool3", "pool4"],
    "alexnet": ["pool1", "pool2", "pool5"],
}
# The same of witnesses.layers: there are fewer equations than pixels.
WITNESS_LAYERS = {"vgg16": ["pool3", "pool4"], "alexnet": ["pool5"]}
# What is counted in the photographs of network.images, and how many more are needed: a walk to each
# of the witnesses goes towards the next photograph.
OF_LISTED = (
    ("network", "code_images", 0),
    ("network", "step_images", 0),
    ("inversion", "images", 0),
    ("horizon", "images", 0),
    ("witnesses", "images", 1),
    ("layer_by_layer", "images", 0),
)
LARGEST_SIDE = 128  # of pictures whose whole Jacobian is computed
DECODER = "decoder"  # among inversion.methods: one for each of decoders.switches
REFINED = "refined"  # the method that needs the decoder with fixed switches
MULTIPLE = 32  # of the sides of pictures that all poolings divide


def inversion_layers(config: dict[str, Any]) -> list[str]:
    """The layers that are inverted; none where the user has to name them."""
    return _layers(config, "inversion", LAYERS)


def witness_layers(config: dict[str, Any]) -> list[str]:
    """The layers whose witnesses are looked for; none where the user has to name them."""
    return _layers(config, "witnesses", WITNESS_LAYERS)


def _layers(config: dict[str, Any], section: str, usual: dict[str, list[str]]) -> list[str]:
    network = config["network"]
    return config[section]["layers"] or usual.get("" if network["file"] else network["name"], [])


def inversion_methods(config: dict[str, Any], layer: str) -> list[str]:
    """The methods of a layer; with decoders where the network and its weights are their own."""
    wanted = set(config["inversion"]["methods"])
    own = ("file", "weights", "mean", "std")
    network = config["network"]
    decoders = config["decoders"]["switches"]
    if network["random"] is not None or any(network[key] for key in own):
        decoders = []
    if layer not in config["decoders"]["steps"].get(network["name"], {}):
        decoders = []
    if DECODER in wanted:
        wanted |= {f"{DECODER}_{switches}" for switches in decoders}
    if "fixed" not in decoders:
        wanted -= {REFINED}
    return [method for method in METHODS if method in wanted]


def check_inversion(config: dict[str, Any]) -> None:
    """Raise InputError for too many photographs, too large ones, or decoders alone."""
    listed = config["network"]["images"]
    needed = []
    for section, key, more in OF_LISTED:
        wanted = config[section][key]
        if listed is not None and wanted + more > listed:
            needed.append(
                f"{section}.{key} = {wanted} needs network.images = {wanted + more} or more"
            )
    if needed:
        raise InputError(
            f"config: {', '.join(needed)}, not {listed}; lower the one or raise the other."
        )
    side = config["horizon"]["side"]
    if side > LARGEST_SIDE and config["horizon"]["probes"] is None:
        raise InputError(
            f"config: horizon.side = {side} is too large for all singular values; set "
            f"horizon.probes, or a side of at most {LARGEST_SIDE}."
        )
    side = config["inversion"]["side"]
    methods = {
        name for layer in inversion_layers(config) for name in inversion_methods(config, layer)
    }
    if side % MULTIPLE and any(name.startswith(DECODER) or name == REFINED for name in methods):
        raise InputError(
            f"config: inversion.side = {side} is no size that decoders give back; take a multiple "
            f"of {MULTIPLE}, or leave decoder and refined out of inversion.methods."
        )
    if set(config["inversion"]["methods"]) <= {DECODER, REFINED}:
        raise InputError(
            f"config: inversion.methods = [{', '.join(config['inversion']['methods'])}] leaves "
            "nothing to be inverted for most networks; add both."
        )
