"""Crops of a layer's input are what the network computes there, at places set by the seed."""

import pytest
import torch
from safetensors.torch import save_file

from cnninvert.networks.layer_input import crop_size, layer_input, random_crop
from cnninvert.networks.layer_operator import layer_operator
from cnninvert.networks.layers import ARCHITECTURES, Conv
from cnninvert.networks.pretrained import Network
from cnninvert.operators.convolution import Convolution, gaussian_filters


def network(architecture, count, path, random, dtype=torch.float32):
    """The first ``count`` convolutions of an architecture, with random weights."""
    convs = [layer for layer in ARCHITECTURES[architecture] if isinstance(layer, Conv)]
    tensors = {}
    for conv in convs[:count]:
        fan = torch.Size(conv.shape[1:]).numel()
        tensors[f"{conv.name}.weight"] = torch.randn(conv.shape, generator=random) / fan**0.5
        tensors[f"{conv.name}.bias"] = torch.zeros(conv.outputs)
    metadata = {"architecture": architecture, "preprocessing": "torchvision"}
    save_file({name: tensor.to(dtype) for name, tensor in tensors.items()}, path, metadata)
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
    w = layer_operator(vgg, layer, x.shape[-1])
    own = outputs[layer].linear
    norms = vgg.filters(layer).flatten(1).norm(dim=1).view(-1, 1, 1)
    assert torch.allclose(w(x) * norms, own, atol=1e-4 * own.abs().max())


def test_the_first_layer_sees_the_normalised_photographs(images, tmp_path, random):
    alexnet = network("alexnet", 1, tmp_path / "w.safetensors", random)
    assert torch.equal(layer_input(alexnet, "conv1", images), alexnet.preprocess(images))
    gaussian = gaussian_filters((5, 3, 11, 11), random)
    w = layer_operator(alexnet, "conv1", 64, "valid", gaussian)
    assert (w.stride, w.padding) == (4, 0)
    norms = gaussian.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    assert torch.allclose(w.filters, gaussian / norms)
    assert layer_operator(alexnet, "conv1", 64).padding == 2


@pytest.mark.parametrize(
    ("conv", "size", "side", "places"),
    [
        (Conv("VGG-16's conv5_1", 512, 512), 14, 14, 12),  # the whole map
        (Conv("VGG-16's conv1_2", 64, 64), 224, 14, 12),
        (Conv("AlexNet's conv3", 192, 384), 13, 13, 11),  # fewer places than asked for
        (Conv("AlexNet's conv2", 64, 192, 5, padding=2), 27, 16, 12),
        (Conv("AlexNet's conv1", 3, 64, 11, 4, 2), 224, 55, 12),
    ],
    ids=lambda value: value.name if isinstance(value, Conv) else None,
)
def test_crops_hold_just_the_places_asked_for(conv, size, side, places):
    assert crop_size(conv, 12, size) == side
    w = Convolution(torch.zeros(conv.shape), side, conv.stride)
    assert w.code_shape == (conv.outputs, places, places)


def test_a_layer_that_the_network_lacks_is_refused(images, tmp_path, random):
    alexnet = network("alexnet", 2, tmp_path / "w.safetensors", random)
    with pytest.raises(ValueError, match="conv3"):
        layer_input(alexnet, "conv3", images)


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


def test_a_layer_that_there_is_not_is_refused(images, tmp_path, random):
    vgg = network("vgg16", 2, tmp_path / "w.safetensors", random)
    with pytest.raises(ValueError, match="no layer 'pool5'; these weights reach conv1_1, conv1_2"):
        next(vgg.steps(images, "pool5"))
    with pytest.raises(ValueError, match="no layer 'conv9_1'"):
        layer_operator(vgg, "conv9_1", 8)
    with pytest.raises(ValueError, match="pool1 is no convolution"):
        layer_operator(vgg, "pool1", 8)
    with pytest.raises(ValueError, match="padding 'Same' is unknown"):
        layer_operator(vgg, "conv1_1", 8, "Same")


def test_weights_in_half_precision_are_used_in_single(images, tmp_path, random):
    vgg = network("vgg16", 1, tmp_path / "w.safetensors", random, torch.float16)
    assert next(vgg.steps(images)).output.dtype == torch.float32
