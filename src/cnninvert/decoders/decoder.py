"""The decoders: a network mirrored, from the activations of pool(i) back to pixels.

Section 4.5 takes them from Zhang, Lee and Lee, "Augmenting Supervised Neural Networks with
Unsupervised Objectives for Large-scale Image Classification" (ICML 2016): the encoder's layers in
reverse, unpooling for pooling and a transposed convolution for each convolution, a ReLU after
each but the last, no batch norm. With the encoder's switches this is their what-where
autoencoder (SWWAE), with fixed ones their plain stacked autoencoder (SAE).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from cnninvert.networks.layers import ARCHITECTURES, Conv, Pool
from cnninvert.networks.preprocessing import TORCHVISION_MEAN
from cnninvert.networks.pretrained import Network
from cnninvert.networks.tensor_file import write_tensors
from cnninvert.operators import winograd
from cnninvert.operators.switches import Switches, unpool

PIXELS = "pixels"  # what the encoder starts from, where its other outputs have a layer's name


def encode(network: Network, images: Tensor, layer: str) -> tuple[Tensor, dict[str, Tensor]]:
    """Activations of the pool ``layer`` for uint8 RGB images, and the places of every pool so far.

    Both are what a Decoder takes.
    """
    places, output = {}, images
    for step in network.steps(images, layer):
        output = step.output
        if step.places is not None:
            places[step.layer.name] = step.places
    return output, places


class Mirror(nn.ConvTranspose2d):
    """A transposed convolution, by Winograd's way where that pays."""

    def forward(self, x: Tensor) -> Tensor:
        return self.convolve(x, self.weight, self.bias)

    def convolve(self, x: Tensor, filters: Tensor, bias: Tensor) -> Tensor:
        """What the layer computes of ``x``, with other filters and another bias."""
        geometry = self.stride, self.padding, self.output_padding
        return winograd.conv_transpose2d(x, filters, bias, *geometry)


class Decoder(nn.Module):
    """The decoder of a network's pool ``layer``, with the encoder's switches or fixed ones.

    Pictures are as large as the encoder's were where its layers left no rows or columns out: with
    VGG-16, for sides that are multiples of 2^i at pool(i). ``mirror`` makes the layers. Raises
    ValueError for what is no architecture, no pool of it, or no kind of switches.
    """

    def __init__(
        self,
        architecture: str,
        layer: str,
        switches: Switches,
        mirror: type[Mirror] = Mirror,
    ) -> None:
        super().__init__()
        self.architecture, self.layer, self.switches = architecture, layer, switches
        layers = ARCHITECTURES.get(architecture, ())
        names = [step.name for step in layers]
        pools = [step.name for step in layers if isinstance(step, Pool)]
        for given, known in (
            (architecture, ARCHITECTURES),
            (layer, pools),
            (switches, get_args(Switches)),
        ):
            if given not in known:
                raise ValueError(f"a decoder has one of {', '.join(known)}, not {given!r}")
        self.steps: list[Conv | Pool] = list(reversed(layers[: names.index(layer) + 1]))
        self.mirrors = nn.ModuleDict(
            {
                step.name: mirror(
                    *(step.outputs, step.inputs, step.size),
                    stride=step.stride,
                    padding=step.padding,
                    # The encoder's convolution has left so many rows and columns at the end out.
                    output_padding=(2 * step.padding - step.size) % step.stride,
                )
                for step in self.steps
                if isinstance(step, Conv)
            }
        )
        self.register_buffer("mean", torch.tensor(TORCHVISION_MEAN).view(3, 1, 1), persistent=False)
        self.to(memory_format=torch.channels_last)

    def forward(self, activation: Tensor, places: Mapping[str, Tensor]) -> Tensor:
        """Pictures (B, 3, H, W), float32 RGB on the scale [0, 1] but not clipped to it.

        ``activation``: (B, C, h, w) of pool(i). ``places``: the switches of every pool up to it, by
        its name, as ``encode`` gives them; with fixed switches they are not used.
        """
        for _, x in self.rebuild(activation, places):
            output = x
        return output

    def rebuild(
        self, activation: Tensor, places: Mapping[str, Tensor]
    ) -> Iterator[tuple[str, Tensor]]:
        """Decode from the top, and yield what mirrors each of the encoder's outputs, with its name.

        First the ``activation`` itself, last the pictures, which are called PIXELS.
        """
        x = activation
        for step in self.steps:
            yield step.name, x
            x = self.undo(step, x, places)
        yield PIXELS, x.float() + self.mean

    def undo(self, step: Conv | Pool, x: Tensor, places: Mapping[str, Tensor]) -> Tensor:
        """What mirrors the input of the encoder's layer ``step``, from what mirrors its output."""
        if isinstance(step, Pool):
            known = places[step.name] if self.switches == "known" else None
            return unpool(x, known, step.size, step.stride)
        x = self.mirrors[step.name](x)
        return x if step is self.steps[-1] else F.relu(x)

    def save(self, path: str | Path, **attributes: str | int) -> None:
        """Write a safetensors file; what the decoder is and ``attributes`` become its metadata."""
        own = {name: getattr(self, name) for name in ("architecture", "layer", "switches")}
        metadata = {key: str(value) for key, value in {**own, **attributes}.items()}
        write_tensors(path, self.state_dict(), metadata)

    @classmethod
    def load(cls, path: str | Path, device: torch.device | str = "cpu") -> "Decoder":
        """The decoder that ``save`` wrote; ValueError if the file does not hold one."""
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                whose = [metadata[name] for name in ("architecture", "layer", "switches")]
                if whose[2] not in get_args(Switches) or not whose[1].startswith("pool"):
                    raise ValueError(f"it is said to be of {', '.join(whose)}")
                decoder = cls(*whose)
                decoder.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise ValueError(f"{path}: the decoder cannot be read: {reason}") from error
        return decoder.to(device).eval()
