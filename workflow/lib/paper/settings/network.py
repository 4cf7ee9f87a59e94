"""The section network of the settings. Free of torch."""

import re
from pathlib import Path
from typing import Any

from machinery.errors import InputError

KNOWN = ("vgg16", "alexnet", "efficientnet-lite0")
PACKAGES = ("torchvision", "timm")


def network_label(section: dict[str, Any]) -> str:
    """What the network's folder is called: resnet18-random0 for torchvision:resnet18, drawn.

    Own weights of a known network are named behind it.

    >>> network_label({"name": "torchvision:resnet18", "file": None, "weights": None, "random": 0})
    'resnet18-random0'
    >>> network_label({"name": "vgg16", "file": None, "weights": "a/mine.pt", "random": None})
    'vgg16-mine'
    """
    parts = [section["name"]]
    if section["file"]:
        parts = [Path(section["file"]).stem]
    elif (short := section["name"].removeprefix("torchvision:")) not in KNOWN:
        parts = [short]
    if section["weights"] and not section["file"]:
        parts.append(Path(section["weights"]).stem)
    if section["random"] is not None:
        parts.append(f"random{section['random']}")
    plain = (re.sub(r"[^A-Za-z0-9_]+", "-", each).strip("-") for each in parts)
    return "-".join(each or "network" for each in plain)


def check_network(section: dict[str, Any]) -> None:
    """Raise InputError unless the section says one network and one set of parameters."""
    package, _, model = section["name"].partition(":")
    known = section["name"] in KNOWN or (package in PACKAGES and model)
    if not section["file"] and not known:
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
