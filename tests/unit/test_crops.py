"""Crops of a layer's input are what the network computes there, at places set by the seed."""

import pytest
import torch
from safetensors.torch import save_file

from cnninvert.convolution import Convolution
from cnninvert.crops import crop_size, layer_input, random_crop
from cnninvert.layers import ARCHITECTURES, Conv
from cnninvert.networks import Network
from cnninvert.vgg_filters import operator


def network(architecture, count, path, random):
    """The first ``count`` convolutions of an architecture, with random weights."""
    convs = [layer for layer in ARCHITECTURES[architecture] if isinstance(layer, Conv)]
    tensors = {}
    for conv in convs[:count]:
        fan = torch.Size(conv.shape[1:]).numel()
        tensors[f"{conv.name}.weight"] = torch.randn(conv.shape, generator=random) / fan**0.5
        tensors[f"{conv.name}.bias"] = torch.zeros(conv.outputs)
    metadata = {"architecture": architecture, "preprocessing": "torchvision"}
    save_file(tensors, path, metadata)
    return Network(path)


@pytest.fixture
def images(random):
    return torch.randint(0, 256, (2, 3, 64, 64), generator=random, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("architecture", "layer", "before"),
    [("vgg16", "conv1_2", "conv1_1"), ("vgg16", "conv2_1", "pool1"), ("alexnet", "conv2", "pool1")],
)
def test_the_input_is_the_output_of_the_layer_before(
    architecture, layer, before, images, tmp_path, random
):
    vgg = network(architecture, 3, tmp_path / "w.safetensors", random)
    x = layer_input(vgg, layer, images)
    outputs = {step.layer.name: step for step in vgg.steps(images, linear=[layer])}
    assert torch.equal(x, outputs[before].output)
    assert x.min() >= 0
    # What the layer itself makes of it, with its own filters, padding and stride.
    w = operator(vgg, layer, "learned", 0)
    own = outputs[layer].linear
    norms = vgg.filters(layer).flatten(1).norm(dim=1).view(-1, 1, 1)
    assert torch.allclose(w(x) * norms, own, atol=1e-4 * own.abs().max())


def test_the_first_layer_sees_the_normalised_photographs(images, tmp_path, random):
    alexnet = network("alexnet", 1, tmp_path / "w.safetensors", random)
    assert torch.equal(layer_input(alexnet, "conv1", images), alexnet.preprocess(images))
    assert operator(alexnet, "conv1", "gaussian", 0, padding="valid").stride == 4


@pytest.mark.parametrize(
    ("shape", "stride", "size", "side", "places"),
    [
        ((512, 512, 3, 3), 1, 14, 14, 12),  # VGG-16's conv(5,x): the whole map
        ((64, 64, 3, 3), 1, 224, 14, 12),
        ((384, 192, 3, 3), 1, 13, 13, 11),  # AlexNet's conv(3): fewer places than asked for
        ((192, 64, 5, 5), 1, 27, 16, 12),
        ((64, 3, 11, 11), 4, 224, 55, 12),  # AlexNet's conv(1)
    ],
)
def test_crops_hold_just_the_places_asked_for(shape, stride, size, side, places):
    w = Convolution(torch.zeros(shape), stride)
    assert crop_size(w, 12, size) == side
    assert w.output_size(side) == places


def test_crops_of_a_padded_convolution_are_refused():
    with pytest.raises(ValueError, match="padded"):
        crop_size(Convolution(torch.zeros(1, 1, 3, 3), padding=1), 12, 14)


def test_crops_follow_from_the_seed():
    x = torch.arange(400.0).view(1, 1, 20, 20)

    def corners(seed):
        random = torch.Generator().manual_seed(seed)
        return [random_crop(x, 7, random)[0, 0, 0, 0].item() for _ in range(20)]

    assert corners(1) == corners(1) != corners(2)
    assert len(set(corners(1))) > 10


def test_crops_are_part_of_the_map_and_reach_its_ends(random):
    x = torch.arange(16.0).view(1, 1, 4, 4)
    crops = [random_crop(x, 3, random) for _ in range(60)]
    assert {crop[0, 0, 0, 0].item() for crop in crops} == {0, 1, 4, 5}
    for crop in crops:
        top, left = divmod(int(crop[0, 0, 0, 0]), 4)
        assert torch.equal(crop, x[..., top : top + 3, left : left + 3])
    assert torch.equal(random_crop(x, 4, random), x)
