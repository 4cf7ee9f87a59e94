"""The CNNs of Table 1: layers of random or learned filters, then one linear classifier."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

SIDE, COLOURS, CLASSES = 32, 3, 10  # of CIFAR-10


@dataclass(frozen=True)
class Architecture:
    """One network of Table 1.

    ``filters``: random or learned; ``layers``: how many; ``size``: side of the filters in pixels;
    ``channels``: filters a layer; ``batch_norm``: before the ReLU (the paper's footnote) or after
    it (the caption of Table 1).
    """

    filters: str
    layers: int
    size: int
    channels: int
    batch_norm: str

    @property
    def parameters(self) -> int:
        """Numbers that are trained: batch norm and classifier, and the filters if learned."""
        filters = sum(inputs * self.channels * self.size**2 for inputs, _ in self._convolutions())
        trained = filters if self.filters == "learned" else 0
        return trained + 2 * self.channels * self.layers + (self.features + 1) * CLASSES

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of the convolutions and the classifier for one image, forward."""
        convolutions = sum(
            inputs * self.channels * (self.size * side) ** 2
            for inputs, side in self._convolutions()
        )
        return convolutions + self.features * CLASSES

    @property
    def features(self) -> int:
        """Inputs of the linear classifier."""
        return self.channels * (SIDE >> self.layers) ** 2

    def _convolutions(self) -> list[tuple[int, int]]:
        """Input channels and side of the map, a layer."""
        inputs = [COLOURS] + [self.channels] * (self.layers - 1)
        return [(count, SIDE >> layer) for layer, count in enumerate(inputs)]


class Classifier(nn.Module):
    """(B, 3, 32, 32) float images -> (B, 10) scores; all maps are in channels_last format.

    Random filters are i.i.d. N(0, 1), not scaled (batch norm takes the scale away) and frozen:
    they get no gradient, and nothing is propagated back beyond the first batch norm. Learned ones
    start from He's initialisation. The classifier starts at zero, so that ``generator`` decides on
    the filters alone.
    """

    def __init__(self, architecture: Architecture, generator: torch.Generator) -> None:
        super().__init__()
        channels, size = architecture.channels, architecture.size
        layers: list[nn.Module] = []
        for layer in range(architecture.layers):
            inputs = channels if layer else COLOURS
            convolution = nn.Conv2d(inputs, channels, size, padding="same", bias=False)
            if architecture.filters == "random":
                nn.init.normal_(convolution.weight, generator=generator)
                convolution.requires_grad_(False)
            else:
                nn.init.kaiming_normal_(
                    convolution.weight, nonlinearity="relu", generator=generator
                )
            activation = [nn.BatchNorm2d(channels), nn.ReLU()]
            if architecture.batch_norm == "after":
                activation.reverse()
            layers += [convolution, *activation, nn.MaxPool2d(2)]
        self.layers = nn.Sequential(*layers)
        self.classifier = nn.Linear(architecture.features, CLASSES)
        nn.init.zeros_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.layers(x).flatten(1))
