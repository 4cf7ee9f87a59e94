"""The layers of VGG-16 and AlexNet: their names and sizes.

Free of torch, so that the workflow can ask when it is parsed.
"""

from dataclasses import dataclass

PREPROCESSINGS = ("torchvision", "caffe-rgb", "caffe-bgr")


@dataclass(frozen=True)
class Conv:
    """A convolution followed by a ReLU: ``outputs`` filters of ``inputs`` x ``size`` x ``size``."""

    name: str
    inputs: int
    outputs: int
    size: int = 3
    stride: int = 1
    padding: int = 1

    @property
    def title(self) -> str:
        """The paper's way to write it: conv(1,2); conv(3) where there is no second index."""
        return f"conv({self.name.removeprefix('conv').replace('_', ',')})"

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(K, M, l, l) of the filters."""
        return (self.outputs, self.inputs, self.size, self.size)


@dataclass(frozen=True)
class Pool:
    """A max-pooling over ``size`` x ``size`` places, every ``stride``."""

    name: str
    size: int = 2
    stride: int = 2

    @property
    def title(self) -> str:
        """The paper's way to write it: pool(1)."""
        return f"pool({self.name.removeprefix('pool')})"


def _vgg16() -> tuple[Conv | Pool, ...]:
    layers: list[Conv | Pool] = []
    inputs = 3
    for block, (count, channels) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for index in range(1, count + 1):
            layers.append(Conv(f"conv{block}_{index}", inputs, channels))
            inputs = channels
        layers.append(Pool(f"pool{block}"))
    return tuple(layers)


ARCHITECTURES: dict[str, tuple[Conv | Pool, ...]] = {
    "vgg16": _vgg16(),
    # torchvision's AlexNet, whose pools overlap (3 x 3 every 2).
    "alexnet": (
        Conv("conv1", 3, 64, size=11, stride=4, padding=2),
        Pool("pool1", 3, 2),
        Conv("conv2", 64, 192, size=5, padding=2),
        Pool("pool2", 3, 2),
        Conv("conv3", 192, 384),
        Conv("conv4", 384, 256),
        Conv("conv5", 256, 256),
        Pool("pool5", 3, 2),
    ),
}

TITLES = {"vgg16": "VGG-16", "alexnet": "AlexNet"}


def title(architecture: str, layer: str) -> str:
    """How the ``layer`` is printed.

    >>> title("vgg16", "conv1_2")
    'conv(1,2)'
    """
    return next(each.title for each in ARCHITECTURES[architecture] if each.name == layer)


def previous_layer(name: str) -> str:
    """The VGG-16 layer before the convolution ``name``: what its filters are applied to.

    >>> previous_layer("conv5_2")
    'conv5_1'
    """
    names = [layer.name for layer in ARCHITECTURES["vgg16"]]
    return names[names.index(name) - 1]


def next_convolution(pool: str) -> str:
    """conv{i+1}_1, whose filters encode VGG-16's pool{i} in Table 4.

    >>> next_convolution("pool3")
    'conv4_1'
    """
    return f"conv{int(pool.removeprefix('pool')) + 1}_1"


def map_size(architecture: str, layer: str, image: int = 224) -> int:
    """D, the side of the maps that the convolution ``layer`` sees in an ``image`` of that side.

    Raises ValueError for a layer that the architecture does not have.

    >>> map_size("vgg16", "conv5_2"), map_size("alexnet", "conv2")
    (14, 27)
    """
    size = image
    for each in ARCHITECTURES[architecture]:
        if each.name == layer:
            return size
        padding = each.padding if isinstance(each, Conv) else 0
        size = (size + 2 * padding - each.size) // each.stride + 1
    raise ValueError(f"{architecture} has no layer {layer}")
