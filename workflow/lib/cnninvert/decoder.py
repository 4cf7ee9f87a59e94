"""The decoders: a network mirrored, from the activations of pool(i) back to pixels.

Section 4.5 takes them from Zhang, Lee and Lee, "Augmenting Supervised Neural Networks with
Unsupervised Objectives for Large-scale Image Classification" (ICML 2016): the encoder's layers in
reverse, unpooling for pooling and a transposed convolution for each convolution, a ReLU after
each but the last, no batch norm. With the encoder's switches this is their what-where
autoencoder (SWWAE), with fixed ones their plain stacked autoencoder (SAE).
"""

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from cnninvert.errors import InputError
from cnninvert.files import whole
from cnninvert.layers import ARCHITECTURES, Conv, Pool
from cnninvert.model_sparsity import Switches
from cnninvert.networks import TORCHVISION_MEAN, Network
from cnninvert.switches import unpool

ROWS = 16384  # equations of a least-squares fit; its unknowns are at most 9 x 512 + 1
RIDGE = 0.001  # as a share of the inputs' mean energy


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
    """A transposed 3 x 3 convolution whose filters see their inputs less a constant, ``centre``.

    It computes what a plain one computes with another bias. But what follows a ReLU is never
    negative: without a centre, each change of the filters shifts the brightness of the picture,
    and Adam needs a learning rate several times smaller.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, kernel_size=3, padding=1)
        self.register_buffer("centre", torch.zeros(inputs))

    def forward(self, x: Tensor) -> Tensor:
        bias = self.bias - (self.weight * self.centre.view(-1, 1, 1, 1)).sum((0, 2, 3))
        return F.conv_transpose2d(x, self.weight, bias, padding=1)

    @torch.no_grad()
    def fit(self, x: Tensor, target: Tensor, rng: torch.Generator) -> None:
        """Set filters, bias and centre by ridge regression.

        From ``x`` (B, C, H, W) to ``target`` (B, O, H, W); ROWS of the B H W equations are drawn.
        """
        count, channels, height, width = x.shape
        drawn = torch.randperm(count * height * width, generator=rng)[:ROWS].to(x.device)
        image, row, column = torch.unravel_index(drawn, (count, height, width))
        self.centre.copy_(x.mean((0, 2, 3)))
        patches = F.pad(x, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1)[image, :, row, column]
        a = (patches - self.centre.view(-1, 1, 1)).flatten(1)
        a = F.pad(a, (0, 1), value=1.0)  # for the bias
        b = target[image, :, row, column]
        gram = a.T @ a
        gram.diagonal()[:-1] += RIDGE * gram.diagonal()[:-1].mean()
        solution = torch.cholesky_solve(a.T @ b, torch.linalg.cholesky(gram))
        filters = solution[:-1].T.unflatten(1, (channels, 3, 3))
        # A transposed convolution turns its filters round.
        self.weight.copy_(filters.flip(2, 3).transpose(0, 1))
        self.bias.copy_(solution[-1])


class Decoder(nn.Module):
    """The decoder of a network's pool ``layer``, with the encoder's switches or fixed ones."""

    def __init__(self, architecture: str, layer: str, switches: Switches) -> None:
        super().__init__()
        self.architecture, self.layer, self.switches = architecture, layer, switches
        layers = ARCHITECTURES[architecture]
        names = [step.name for step in layers]
        self.steps: list[Conv | Pool] = list(reversed(layers[: names.index(layer) + 1]))
        self.mirrors = nn.ModuleDict(
            {
                step.name: Mirror(step.outputs, step.inputs)
                for step in self.steps
                if isinstance(step, Conv)
            }
        )
        self.register_buffer("mean", torch.tensor(TORCHVISION_MEAN).view(3, 1, 1), persistent=False)
        self.to(memory_format=torch.channels_last)

    def forward(self, activation: Tensor, places: Mapping[str, Tensor]) -> Tensor:
        """Pictures (B, 3, H, W), float32 RGB on the scale [0, 1] but not clipped to it.

        ``activation``: (B, C, h, w) of pool(i). ``places``: the switches of every pool up to it, by
        its name, as ``encode`` gives them; with fixed switches they are not looked at.
        """
        x = activation
        for step in self.steps:
            x = self._mirror(step, x, places)
        return x.float() + self.mean

    def _mirror(self, step: Conv | Pool, x: Tensor, places: Mapping[str, Tensor]) -> Tensor:
        if isinstance(step, Pool):
            return unpool(x, places[step.name] if self.switches == "known" else None, step)
        x = self.mirrors[step.name](x)
        return x if step is self.steps[-1] else F.relu(x)

    @torch.no_grad()
    def start_from(
        self, network: Network, images: Tensor, rng: torch.Generator
    ) -> dict[str, float]:
        """Initialise on uint8 RGB ``images``: from the top, each layer alone by least squares.

        A layer is fitted, before its ReLU, to the activation that it mirrors: what the encoder's
        convolution of that name received. A layer-sequential start as of LSUV (Mishkin and Matas,
        ICLR 2016), but of weights and not of scales alone: rescaled transposed filters of the
        encoder start two to three times as far from the pictures.
        Returns each parameter's unit, by which Adam's steps are measured: if all weights of a layer
        move by one unit, its outputs move by about as much as they measure, or less.
        Raises InputError if the weights do not reach this decoder's layer.
        """
        if self.layer not in [step.name for step in network.layers]:
            raise InputError(
                f"{network.path}: the weights end at {network.layers[-1].name}, "
                f"so there is no {self.layer} to decode."
            )
        targets, places, x = {}, {}, images
        for step in network.steps(images, self.layer):
            if step.places is None:
                targets[step.layer.name] = x
            else:
                places[step.layer.name] = step.places
            x = step.output
        targets[self.steps[-1].name] = images / 255 - self.mean
        units = {}
        for step in self.steps:
            if isinstance(step, Conv):
                target = targets.pop(step.name)
                self.mirrors[step.name].fit(x, target, rng)
                unit = _rms(target) / (9 * step.outputs)
                units[f"mirrors.{step.name}.weight"] = unit / _rms(x)
                units[f"mirrors.{step.name}.bias"] = unit
            x = self._mirror(step, x, places)
        return units

    def save(self, path: str | Path, **attributes: str | int) -> None:
        """Write a safetensors file; what the decoder is and ``attributes`` become its metadata."""
        tensors = {name: tensor.contiguous() for name, tensor in self.state_dict().items()}
        own = {name: getattr(self, name) for name in ("architecture", "layer", "switches")}
        metadata = {**own, **attributes}
        with whole(path) as part:
            save_file(tensors, part, {key: str(value) for key, value in metadata.items()})

    @classmethod
    def load(cls, path: str | Path, device: torch.device | str = "cpu") -> "Decoder":
        """The decoder that ``save`` wrote; InputError if the file holds none."""
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                decoder = cls(*(metadata[name] for name in ("architecture", "layer", "switches")))
                decoder.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
            raise InputError(f"{path}: the decoder cannot be read: {error}.") from error
        return decoder.to(device).eval()


def _rms(x: Tensor) -> float:
    return float(x.square().mean().sqrt())
