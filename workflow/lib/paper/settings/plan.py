"""What a configuration can compute: weights that hold only the first layers reach less."""

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import Any

from cnninvert.networks.layers import ARCHITECTURES, Conv, next_convolution, previous_layer
from machinery.errors import InputError
from machinery.files import sha256
from paper.settings.config import expand, weights_layers


class Plan:
    """The part of the work that the configured weights reach, and sentences on what they do not.

    ``weights``: names of all weights, the main ones first. ``macro_layers[name]``: the i for which
    Table 4 can be computed: pool(i) and the filters of conv(i+1, 1) are there.
    ``switches``: whether the figure of that name can be; ``figure3``: whether Figure 3 can be.
    ``figure3_layers``: the convolutions of its extension to all layers, as (architecture, weights,
    layer); ``lambda_layers``: those which vary lambda. ``decoders``: the pools that can be decoded,
    in the same form. ``picture``: how the user's picture is called; None without one, or if its
    layer is not reached.
    ``left_out``: by target, a sentence for each thing that cannot.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.weights = [config["weights"]["use"], *config["weights"]["compare"]]
        self.main = self.weights[0]
        self.layers = {name: weights_layers(config, name) for name in self.weights}
        wanted = config["table4"]["layers"]
        self.macro_layers = {
            name: [
                layer
                for layer in wanted
                if {f"pool{layer}", next_convolution(f"pool{layer}")} <= set(self.layers[name])
            ]
            for name in self.weights
        }
        self.figure3 = config["figure3"]["layer"] in self.layers[self.main]
        self.figure3_layers = list(self._figure3_layers(config["figure3_layers"]["layers"]))
        swept = config["figure3_layers"]["lambda_layers"]
        self.lambda_layers = [each for each in self.figure3_layers if each[2] in swept]
        picture = config["picture"]
        reached = picture["layer"] in self.macro_layers[self.main]
        self.picture = (
            picture_name(expand(picture["file"])) if picture["file"] and reached else None
        )
        self.switches = (
            bool(self.macro_layers[self.main]) and "known" in config["decoders"]["switches"]
        )
        self.decoders = list(self._decoders(config["decoders"]["steps"]))
        self.left_out: dict[str, list[str]] = {}
        for target, sentence in self._left_out(config, wanted):
            self.left_out.setdefault(target, []).append(sentence)

    def activations(self, config: dict[str, Any], name: str) -> list[str]:
        """The layers whose activations are kept for the weights ``name``."""
        layers = [f"pool{layer}" for layer in self.macro_layers[name]]
        if name == self.main and self.figure3:
            layers.append(previous_layer(config["figure3"]["layer"]))
        return layers

    def _networks(self):
        return ("vgg16", self.main), ("alexnet", "torchvision")

    def _decoders(self, steps: dict[str, dict[str, int]]):
        for architecture, weights in self._networks():
            for layer in steps[architecture]:
                if architecture != "vgg16" or layer in self.layers[weights]:
                    yield architecture, weights, layer

    def _figure3_layers(self, wanted: list[str] | None):
        for architecture, weights in self._networks():
            for layer in ARCHITECTURES[architecture]:
                reached = architecture != "vgg16" or layer.name in self.layers[weights]
                if isinstance(layer, Conv) and reached and layer.name in (wanted or [layer.name]):
                    yield architecture, weights, layer.name

    def _left_out(self, config: dict[str, Any], wanted: list[int]):
        for name in self.weights:
            last = self.layers[name][-1]
            for layer in wanted:
                if layer not in self.macro_layers[name]:
                    yield (
                        "table4",
                        f"Table 4's row pool({layer}) is left out for the weights {name}: "
                        f"they end at {last}, and it needs {next_convolution(f'pool{layer}')}.",
                    )
        reached = self.layers[self.main]
        last = reached[-1]
        if not self.macro_layers[self.main]:
            made = ("iht_activations", "figure4", "gallery", "switches", "decoder_curves")
            for target in made:
                yield (
                    target,
                    f"{target} is left out: the weights {self.main} end at {last}, before the "
                    "first of table4.layers and the convolution that follows it.",
                )
        elif not self.switches:
            yield (
                "switches",
                "switches is left out: it needs decoders that use the encoder's switches; "
                "add known to decoders.switches.",
            )
        missing = [pool for pool in config["decoders"]["steps"]["vgg16"] if pool not in reached]
        if missing:
            yield (
                "decoders",
                f"decoders is left out for VGG-16's {', '.join(missing)}: "
                f"the weights {self.main} end at {last}.",
            )
        if not self.figure3:
            yield (
                "figure3",
                f"figure3 is left out: the weights {self.main} end at {last}, "
                f"and it needs {config['figure3']['layer']}.",
            )
        wanted = config["figure3_layers"]["layers"] or [
            layer.name for layer in ARCHITECTURES["vgg16"] if isinstance(layer, Conv)
        ]
        missing = [name for name in wanted if "_" in name and name not in self.layers[self.main]]
        if missing:
            yield (
                "figure3_layers",
                f"figure3_layers is left out for {', '.join(missing)}: "
                f"the weights {self.main} end at {last}.",
            )
        if config["picture"]["file"] and not self.picture:
            yield (
                "picture",
                f"picture is left out: the weights {self.main}, ending at {last}, cannot "
                f"reconstruct pool({config['picture']['layer']}); lower picture.layer.",
            )


def picture_name(path: str) -> str:
    """The picture's name without what may trouble a shell, and the start of its SHA-256.

    So neither a namesake nor a later version of the picture overwrites what was made of it.
    """
    stem = re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", Path(path).stem)).strip("-")
    try:
        return f"{stem[:40] or 'picture'}-{sha256(path)[:6]}"
    except OSError as error:
        raise InputError(f"config: picture.file = {path}: {error.strerror}.") from error


def folder_digest(root: str | None) -> str | None:
    """A digest of names, sizes and dates of all files in a user's folder of images."""
    if root is None:
        return None
    digest = hashlib.sha256()
    for path in sorted(Path(expand(root)).rglob("*")):
        if path.is_file():  # no link that leads nowhere or to itself
            state = path.stat()
            line = f"{path}:{state.st_size}:{state.st_mtime_ns}\n"
            digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()
