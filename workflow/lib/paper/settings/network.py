"""The section network of the settings. Free of torch."""

import re
from pathlib import Path
from typing import Any

from machinery.errors import InputError

KNOWN = ("vgg16", "alexnet", "efficientnet-lite0")
PACKAGES = ("torchvision", "timm")


def network_label(section: dict[str, Any]) -> str:
    """What the network's folder is called: resnet18-random0 for torchvision:resnet18, drawn.

    >>> network_label({"name": "torchvision:resnet18", "file": None, "random": 0})
    'resnet18-random0'
    """
    name = Path(section["file"]).stem if section["file"] else section["name"]
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", name.removeprefix("torchvision:")).strip("-")
    return (plain or "network") + (
        "" if section["random"] is None else f"-random{section['random']}"
    )


def check_network(section: dict[str, Any]) -> None:
    """Raise InputError unless the section says one network and one set of parameters."""
    package = section["name"].partition(":")[0]
    if not section["file"] and section["name"] not in KNOWN and package not in PACKAGES:
        raise InputError(
            f"config: network.name = {section['name']} must be one of {', '.join(KNOWN)}, "
            "torchvision:NAME or timm:NAME; your own network goes into network.file."
        )
    if section["weights"] and section["random"] is not None:
        raise InputError(
            "config: network.weights and network.random are both given; set one of them to null."
        )
    if section["file"] and not section["weights"] and section["random"] is None:
        raise InputError(
            f"config: network.file = {section['file']} says nothing of parameters; give "
            "network.weights, or a seed with network.random."
        )
    for key in ("mean", "std"):
        if section[key] is not None and len(section[key]) != 3:
            raise InputError(
                f"config: network.{key} = {section[key]} must be three numbers, "
                "of red, green and blue."
            )
