"""The CNNs of Table 1: layers of random or learned filters, then one linear classifier."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnninvert.operators import winograd
from paper.table1.architecture import CLASSES, COLOURS, Architecture
from paper.table1.frozen_layer import Responses, normalise, respond


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
        return winograd.conv2d(x, weight, padding=weight.shape[-1] // 2)

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
