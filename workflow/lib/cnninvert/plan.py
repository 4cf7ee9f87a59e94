"""What a configuration can compute: weights that hold only the first layers reach less."""

import hashlib
import os
from pathlib import Path
from typing import Any

from cnninvert.config import expand, weights_layers
from cnninvert.layers import ARCHITECTURES, Conv, next_convolution, previous_layer


class Plan:
    """The part of the work that the configured weights reach, and sentences on what they do not.

    ``weights``: names of all weights, the main ones first. ``macro_layers[name]``: the i for which
    Table 4 can be computed: pool(i) and the filters of conv(i+1, 1) are there.
    ``rip``: whether Figure 3 can be. ``figure3_layers``: the convolutions of its extension to all
    layers, as (architecture, weights, layer); ``lambda_layers``: those which vary lambda.
    ``decoders``: the pools that can be decoded, in the same form.
    ``left_out``: one sentence for each thing that cannot.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.weights = [config["weights"]["use"], *config["weights"]["compare"]]
        self.main = self.weights[0]
        self.layers = {name: weights_layers(config, name) for name in self.weights}
        wanted = config["reconstruct"]["layers"]
        self.macro_layers = {
            name: [
                layer
                for layer in wanted
                if {f"pool{layer}", next_convolution(f"pool{layer}")} <= set(self.layers[name])
            ]
            for name in self.weights
        }
        self.rip = config["rip"]["layer"] in self.layers[self.main]
        self.figure3_layers = list(self._figure3_layers(config["figure3_layers"]["layers"]))
        swept = config["figure3_layers"]["lambda_layers"]
        self.lambda_layers = [each for each in self.figure3_layers if each[2] in swept]
        self.decoders = list(self._decoders(config["decoder"]["steps"]))
        self.figure4 = config["figure4"]["layer"] in self.macro_layers[self.main]
        self.left_out = list(self._left_out(config, wanted))

    def activations(self, config: dict[str, Any], name: str) -> list[str]:
        """The layers whose activations are kept for the weights ``name``."""
        layers = [f"pool{layer}" for layer in self.macro_layers[name]]
        if name == self.main and self.rip:
            layers.append(previous_layer(config["rip"]["layer"]))
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
                        f"Table 4's row pool({layer}) is left out for the weights {name}: "
                        f"they end at {last}, and it needs {next_convolution(f'pool{layer}')}."
                    )
        reached = self.layers[self.main]
        last = reached[-1]
        if not self.macro_layers[self.main]:
            for target in ("iht_activations", "decoder_curves"):
                yield (
                    f"{target} is left out: the weights {self.main} end at {last}, before the "
                    "first of reconstruct.layers and the convolution that follows it."
                )
        missing = [pool for pool in config["decoder"]["steps"]["vgg16"] if pool not in reached]
        if missing:
            yield (
                f"decoders is left out for VGG-16's {', '.join(missing)}: "
                f"the weights {self.main} end at {last}."
            )
        if not self.rip:
            yield (
                f"figure3 is left out: the weights {self.main} end at {last}, "
                f"and it needs {config['rip']['layer']}."
            )
        wanted = config["figure3_layers"]["layers"] or [
            layer.name for layer in ARCHITECTURES["vgg16"] if isinstance(layer, Conv)
        ]
        missing = [name for name in wanted if "_" in name and name not in self.layers[self.main]]
        if missing:
            yield (
                f"figure3_layers is left out for {', '.join(missing)}: "
                f"the weights {self.main} end at {last}."
            )
        if not self.figure4:
            layer = config["figure4"]["layer"]
            yield (
                f"figure4 is left out: it shows pool({layer}), which the weights {self.main}, "
                f"ending at {last}, cannot reconstruct; set figure4.layer to one they reach."
            )


def folder_digest(root: str | None) -> str | None:
    """A digest of names, sizes and dates of all files in a user's folder of images."""
    if root is None:
        return None
    digest = hashlib.sha256()
    for path in sorted(Path(expand(root)).rglob("*")):
        state = path.stat()
        if path.is_file():
            digest.update(f"{path}:{state.st_size}:{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def has_gpu() -> bool:
    """Whether this machine shows an NVIDIA GPU; torch, which knows better, is slow to import."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return not hidden and any(Path("/dev").glob("nvidia[0-9]*"))
