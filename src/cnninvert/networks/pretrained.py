"""The pretrained networks, cut into named layers, and their activations."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor

from cnninvert.networks.layers import ARCHITECTURES, PREPROCESSINGS, Conv, Pool
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.networks.weight_file import layers_in_file, reached
from cnninvert.operators import winograd
from cnninvert.operators.switches import max_pool

# Mean of RGB in [0, 255] that the paper's Caffe weights expect.
CAFFE_MEAN = (123.68, 116.779, 103.939)


@dataclass(frozen=True)
class Step:
    """What one layer of a network computes: ``output``, after the ReLU of a convolution.

    ``linear``: before the ReLU, where it was asked for. ``places``: a pool's switches, as
    ``switches.max_pool`` gives them.
    """

    layer: Conv | Pool
    output: Tensor
    linear: Tensor | None = None
    places: Tensor | None = None


class Network:
    """VGG-16 or AlexNet, pretrained, up to the last layer that its weights reach.

    For any other network there is ``trace``. ``path``: a safetensors file of its convolutions
    (conv1_1.weight, ...), whose metadata name the ``architecture``, the ``preprocessing`` and the
    ``source``. Raises ValueError if it cannot be used.
    """

    def __init__(self, path: str | Path, device: torch.device | str = "cpu") -> None:
        self.path = Path(path)
        try:
            with safe_open(self.path, "pt", device=str(device)) as file:
                self.attributes = dict(file.metadata() or {})
                names = file.keys()
                tensors = {name: file.get_tensor(name).float() for name in names}
        except (OSError, SafetensorError) as error:
            raise ValueError(f"{path}: the weights cannot be read: {error}") from error
        self.architecture = self._attribute("architecture", ARCHITECTURES)
        self.preprocessing = self._attribute("preprocessing", PREPROCESSINGS)
        layers_in_file(self.path, self.architecture)
        self.layers = reached(self.architecture, set(tensors))
        self.tensors = {
            name: tensor.contiguous(memory_format=torch.channels_last)
            if tensor.ndim == 4
            else tensor
            for name, tensor in tensors.items()
        }

    def _attribute(self, name: str, known: Collection[str]) -> str:
        found = self.attributes.get(name)
        if found not in known:
            raise ValueError(
                f"{self.path}: its metadata have {name}: {found}; one of {', '.join(known)} is "
                "expected"
            )
        return found

    def layer(self, name: str) -> Conv | Pool:
        """The layer called ``name``; ValueError, with those that there are, if it is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise ValueError(f"{self.path}: there is no layer {name!r}; these weights reach {known}")

    def filters(self, name: str) -> Tensor:
        """(K, M, l, l): the filters of the convolution ``name``, as trained."""
        return self.tensors[f"{name}.weight"]

    @property
    def convolutions(self) -> list[Conv]:
        """The convolutions that the weights reach, in order."""
        return [layer for layer in self.layers if isinstance(layer, Conv)]

    def preprocess(self, images: Tensor) -> Tensor:
        """uint8 RGB (B, 3, H, W) -> the float32 input that these weights expect."""
        return preprocess(images, self.preprocessing)

    def steps(
        self, images: Tensor, last: str | None = None, linear: Collection[str] = ()
    ) -> Iterator[Step]:
        """Run uint8 RGB ``images`` (B, 3, H, W) and yield every layer, up to ``last``.

        ``linear`` names the convolutions whose values before the ReLU are wanted, too: all others
        are overwritten, which saves time and memory. Raises ValueError for a layer that the weights
        do not reach.
        """
        if last is not None:
            self.layer(last)
        x = self.preprocess(images)
        for layer in self.layers:
            if isinstance(layer, Conv):
                weight = self.tensors[f"{layer.name}.weight"]
                bias = self.tensors[f"{layer.name}.bias"]
                z = winograd.conv2d(x, weight, bias, layer.stride, layer.padding)
                if layer.name in linear:
                    x = F.relu(z)
                    yield Step(layer, x, linear=z)
                else:
                    x = F.relu_(z)
                    yield Step(layer, x)
            else:
                x, places = max_pool(x, layer.size, layer.stride)
                yield Step(layer, x, places=places)
            if layer.name == last:
                return


def preprocess(images: Tensor, kind: str) -> Tensor:
    """uint8 RGB (B, 3, H, W) -> float32 input; ``kind`` is one of PREPROCESSINGS.

    Raises ValueError for another kind.

    >>> preprocess(torch.full((1, 3, 1, 1), 124, dtype=torch.uint8), "caffe-rgb").flatten()
    tensor([ 0.3200,  7.2210, 20.0610])
    """
    if kind == "torchvision":
        return Preprocessing()(images)
    x = images.float().contiguous(memory_format=torch.channels_last)
    x = x - torch.tensor(CAFFE_MEAN, device=x.device).view(3, 1, 1)
    if kind == "caffe-rgb":
        return x
    if kind == "caffe-bgr":
        return x.flip(1).contiguous(memory_format=torch.channels_last)
    raise ValueError(f"preprocessing {kind!r} is unknown; use {', '.join(PREPROCESSINGS)}.")
