"""Table 1's networks by their numbers: shape, parameters, multiply-adds. Free of torch."""

from dataclasses import dataclass

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


def affordable(architecture: Architecture, millions: float | None) -> bool:
    """Whether one image takes at most that many ``millions`` of multiply-adds; None: always."""
    return millions is None or architecture.multiply_adds <= 1e6 * millions
