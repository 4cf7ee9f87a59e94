"""The bare networks that extraction and decoding are compared with: torch's own modules."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from cnninvert.decoders.decoder import Decoder
from cnninvert.networks.layers import Conv, Pool
from cnninvert.networks.pretrained import Network


def encoder(network: Network, last: str) -> nn.Sequential:
    """``network`` with the same weights, up to its layer ``last``, for preprocessed images."""
    modules: list[nn.Module] = []
    for layer in network.layers:
        if isinstance(layer, Conv):
            convolution = nn.Conv2d(*_sizes(layer.inputs, layer.outputs, layer))
            convolution.weight.data = network.tensors[f"{layer.name}.weight"]
            convolution.bias.data = network.tensors[f"{layer.name}.bias"]
            modules += [convolution, nn.ReLU(inplace=True)]
        else:
            modules.append(nn.MaxPool2d(layer.size, layer.stride))
        if layer.name == last:
            break
    return nn.Sequential(*modules).to(memory_format=torch.channels_last)


class PlainDecoder(nn.Module):
    """VGG-16's ``decoder`` with the same weights; unpools with the indices of ``max_pool2d``."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.names = [step.name for step in decoder.steps if isinstance(step, Pool)]
        modules: list[nn.Module] = []
        for step in decoder.steps:
            if isinstance(step, Pool):
                modules.append(nn.MaxUnpool2d(step.size, step.stride))
            else:
                convolution = nn.ConvTranspose2d(*_sizes(step.outputs, step.inputs, step))
                convolution.weight.data = decoder.mirrors[step.name].weight.data
                convolution.bias.data = decoder.mirrors[step.name].bias.data
                modules += [convolution, nn.ReLU(inplace=True)]
        self.layers = nn.ModuleList(modules[:-1])  # no ReLU after the last
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, indices: Mapping[str, Tensor]) -> Tensor:
        names = iter(self.names)
        for layer in self.layers:
            x = layer(x, indices[next(names)]) if isinstance(layer, nn.MaxUnpool2d) else layer(x)
        return x


def indices(places: Tensor) -> Tensor:
    """Places of 2 x 2 regions (B, C, h, w) as ``max_pool2d`` gives them: int64, in whole maps."""
    height, width = places.shape[2:]
    places = places.long().contiguous(memory_format=torch.channels_last)
    row = torch.arange(height, device=places.device).view(-1, 1) * 2 + places // 2
    return row * 2 * width + torch.arange(width, device=places.device) * 2 + places % 2


def _sizes(inputs: int, outputs: int, layer: Conv) -> tuple[int, ...]:
    return inputs, outputs, layer.size, layer.stride, layer.padding
