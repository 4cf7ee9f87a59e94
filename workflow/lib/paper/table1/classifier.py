"""The CNNs of Table 1: layers of random or learned filters, then one linear classifier."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnninvert.operators import winograd
from paper.table1.frozen_layer import Responses, normalise, respond

SIDE, COLOURS, CLASSES = 32, 3, 10  # of CIFAR-10


@dataclass(frozen=True)
class Architecture:
    """One network of Table 1, or of its readings and extensions.

    ``filters``: learned; random (Gaussian) or patches (of whitened maps), both frozen; mixed (a
    random first layer, the others learned). ``layers``: how many; ``size``: side of the filters in
    pixels; ``channels``: filters a layer. ``batch_norm``: before the ReLU (the paper's footnote),
    after it (the caption of Table 1), or fixed: before it, with the statistics of the first
    training images (``calibration``) and neither scale nor bias. ``activation``: relu, or crelu
    (section 3.1; Shang et al. 2016), which keeps both signs and so doubles the maps; it needs batch
    norm before it.
    """

    filters: str
    layers: int
    size: int
    channels: int
    batch_norm: str = "before"
    activation: str = "relu"

    def __post_init__(self) -> None:
        if self.activation == "crelu" and self.batch_norm != "before":
            raise ValueError("CReLU needs batch norm before it")
        if self.batch_norm == "fixed" and self.frozen < self.layers:
            raise ValueError("fixed batch norm is of frozen filters")

    def __str__(self) -> str:
        return (
            f"{self.filters} filters, {self.layers} x {self.size} x {self.size} x {self.channels}, "
            f"batch norm {self.batch_norm}, {self.activation}"
        )

    @property
    def frozen(self) -> int:
        """How many layers have filters that are not trained; they come first."""
        return {"learned": 0, "mixed": 1}.get(self.filters, self.layers)

    @property
    def maps(self) -> int:
        """Channels that a layer hands on."""
        return self.channels * (2 if self.activation == "crelu" else 1)

    @property
    def features(self) -> int:
        """Inputs of the linear classifier."""
        return self.maps * (SIDE >> self.layers) ** 2

    @property
    def parameters(self) -> int:
        """Numbers that are trained: classifier, batch norm's scale and bias, learned filters."""
        filters = sum(
            inputs * self.channels * self.size**2
            for inputs, _ in self._convolutions()[self.frozen :]
        )
        affine = 0 if self.batch_norm == "fixed" else 2 * self.channels * self.layers
        return filters + affine + (self.features + 1) * CLASSES

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of the convolutions and the classifier for one image, forward."""
        return sum(self._forward()) + self.features * CLASSES

    @property
    def constant_multiply_adds(self) -> int:
        """Multiply-adds for one image of what training does not change (``constant``)."""
        if self.batch_norm == "fixed":
            return sum(self._forward())
        return self._forward()[0] if self.frozen else 0

    @property
    def calibrated(self) -> bool:
        """Whether filters or statistics come from passes over the training images."""
        return self.batch_norm == "fixed" or self.filters == "patches"

    @property
    def calibration_multiply_adds(self) -> int:
        """Multiply-adds for one image of ``calibrate``: each layer, and for it those below."""
        forward = self._forward()
        passes = range(self.layers, 0, -1)
        return sum(n * f for n, f in zip(passes, forward, strict=True)) if self.calibrated else 0

    def training_multiply_adds(self, cached: bool) -> int:
        """Multiply-adds for one image of one epoch, forward and backward.

        ``cached``: what training does not change is kept from epoch to epoch.
        """
        constant = self.constant_multiply_adds
        forward = sum(self._forward()) - (constant if cached else 0)
        # Back to a layer's input go as many as forward; the first layer's input needs none.
        back = sum(self._forward()[1:]) if self.batch_norm != "fixed" else 0
        learned = sum(self._forward()[self.frozen :])
        return forward + back + learned + 2 * self.features * CLASSES

    def _forward(self) -> list[int]:
        return [
            inputs * self.channels * (self.size * side) ** 2
            for inputs, side in self._convolutions()
        ]

    def _convolutions(self) -> list[tuple[int, int]]:
        """Input channels and side of the map, a layer."""
        inputs = [COLOURS] + [self.maps] * (self.layers - 1)
        return [(count, SIDE >> layer) for layer, count in enumerate(inputs)]


class Layer(nn.Module):
    """Convolution, batch norm, ReLU and 2 x 2 max pooling, (B, C, H, W) -> (B, M, H/2, W/2).

    Random filters are i.i.d. N(0, 1), not scaled (batch norm takes the scale away) and frozen;
    learned ones start from He's initialisation. The convolution computes in its input's type.
    """

    def __init__(
        self, architecture: Architecture, inputs: int, frozen: bool, generator: torch.Generator
    ) -> None:
        super().__init__()
        channels, size = architecture.channels, architecture.size
        self.batch_norm, self.activation = architecture.batch_norm, architecture.activation
        self.weight = nn.Parameter(torch.empty(channels, inputs, size, size), not frozen)
        if frozen:
            nn.init.normal_(self.weight, generator=generator)
        else:
            nn.init.kaiming_normal_(self.weight, nonlinearity="relu", generator=generator)
        self.norm = nn.BatchNorm2d(channels, affine=self.batch_norm != "fixed")

    def forward(self, x: Tensor) -> Tensor:
        y = self.convolve(x)
        if self.batch_norm == "after":
            return F.max_pool2d(self.norm(F.relu(y)), 2)
        z = self.norm(y)
        if self.activation == "crelu":
            z = torch.cat([z, -z], 1)
        # ReLU and maximum commute, and after the maximum there is a quarter to do.
        return F.relu(F.max_pool2d(z, 2))

    def convolve(self, x: Tensor) -> Tensor:
        """The layer's linear part, at the input's resolution."""
        weight = self.weight.to(x.dtype)
        if winograd.pays(x, weight):
            return winograd.convolve(x, weight)
        return F.conv2d(x, weight, padding="same")

    def respond(self, x: Tensor) -> Responses:
        """All that ``finish`` needs of pictures, if the filters are frozen."""
        y = self.convolve(x)
        return respond(F.relu(y) if self.batch_norm == "after" else y)

    def finish(self, responses: Responses) -> Tensor:
        """The layer's output, as ``forward`` gives it, from the responses of its filters."""
        upper, lower = normalise(self.norm, responses)
        if self.batch_norm == "after":
            return upper
        if self.activation == "crelu":
            upper = torch.cat([upper, -lower], 1)
        return F.relu(upper)


class Classifier(nn.Module):
    """(B, 3, 32, 32) normalised images, channels_last -> (B, 10) float32 scores.

    ``constant`` computes what training does not change, ``scores`` the rest; they are apart so
    that the first can be done once. The linear classifier starts at zero, so that ``generator``
    decides on the filters alone.
    """

    def __init__(self, architecture: Architecture, generator: torch.Generator) -> None:
        super().__init__()
        self.architecture = architecture
        self.layers = nn.ModuleList(
            Layer(
                architecture,
                architecture.maps if number else COLOURS,
                number < architecture.frozen,
                generator,
            )
            for number in range(architecture.layers)
        )
        self.classifier = nn.Linear(architecture.features, CLASSES)
        nn.init.zeros_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)
        self.to(memory_format=torch.channels_last)

    def train(self, mode: bool = True) -> "Classifier":
        """As of any module, but fixed batch norm has no training mode."""
        return super().train(mode and self.architecture.batch_norm != "fixed")

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.constant(x))

    @torch.no_grad()
    def constant(self, x: Tensor) -> tuple[Tensor, ...]:
        """Tensors of (B, ...): the features if batch norm is fixed, else the frozen first layer's
        responses, else the images themselves."""
        if self.architecture.batch_norm == "fixed":
            return (self.features(x),)
        return self.layers[0].respond(x) if self.architecture.frozen else (x,)

    def scores(self, constant: tuple[Tensor, ...]) -> Tensor:
        """(B, 10) scores from what ``constant`` gave."""
        if self.architecture.batch_norm == "fixed":
            (features,) = constant
        elif self.architecture.frozen:
            x = self.layers[0].finish(Responses(*constant))
            features = self.features(x, first=1)
        else:
            features = self.features(*constant)
        # The master weights are float32; the product is computed like the convolutions.
        weight = self.classifier.weight.to(features.dtype)
        return F.linear(features, weight).float() + self.classifier.bias

    def features(self, x: Tensor, first: int = 0) -> Tensor:
        """(B, features), channels innermost, of the input of layer ``first``."""
        for layer in self.layers[first:]:
            x = layer(x)
        return x.permute(0, 2, 3, 1).flatten(1)
