"""Official and mirrored files of the same content give the same arrays."""

import json

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from cnninvert.networks.layers import ARCHITECTURES, Conv
from machinery.errors import InputError
from paper.data import cifar10, weights


@pytest.fixture
def digits():
    """Six batches of 20 images and labels, as CIFAR-10 has six of 10,000."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 20, 3, 32, 32), dtype=np.uint8)
    return images, rng.integers(0, 10, (6, 20), dtype=np.uint8)


def test_cifar10_from_both_sources(digits, tmp_path):
    images, labels = digits
    official = tmp_path / "cifar-10-batches-bin"
    official.mkdir()
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    for name, batch, label in zip(names, images, labels, strict=True):
        records = np.concatenate([label[:, None], batch.reshape(20, -1)], axis=1)
        records.tofile(official / f"{name}.bin")
        rows = batch.transpose(0, 2, 3, 1).reshape(20, 1024, 3)
        Image.fromarray(rows).save(tmp_path / f"{name}.png")
    (tmp_path / "train_lables.json").write_text(json.dumps(labels[:5].ravel().tolist()))
    (tmp_path / "test_lables.json").write_text(json.dumps(labels[5].tolist()))

    one, other = cifar10.read_official(tmp_path), cifar10.read_npm(tmp_path)
    assert one["train_images"].shape == (100, 3, 32, 32)
    assert all((one[name] == other[name]).all() for name in one)
    assert cifar10.content_sha256(one) == cifar10.content_sha256(other)
    assert (one["test_images"] == images[5]).all()


def test_images_that_are_not_cifar10_are_refused(digits, tmp_path):
    images, labels = digits
    arrays = {"train_images": images, "train_labels": labels}
    with pytest.raises(InputError, match="not CIFAR-10's"):
        cifar10._write(tmp_path / "x.h5", arrays, "somewhere")
    assert not (tmp_path / "x.h5").exists()


@pytest.mark.parametrize("architecture", ["vgg16", "alexnet"])
def test_torchvision_and_flax_checkpoints_give_the_same_tensors(architecture, tmp_path):
    import pickle

    torch.manual_seed(0)
    model = getattr(torchvision.models, architecture)(weights=None)
    torch.save(model.state_dict(), tmp_path / "w.pth")
    convolutions = [m for m in model.features if isinstance(m, torch.nn.Conv2d)]
    layers = {
        f"Conv_{i}": {
            "kernel": conv.weight.detach().numpy().transpose(2, 3, 1, 0),
            "bias": conv.bias.detach().numpy(),
        }
        for i, conv in enumerate(convolutions)
    }
    heads = {f"NetLinLayer_{i}": {"Conv_0": {"kernel": np.ones((1, 1, 4, 1))}} for i in range(5)}
    tree = {weights.FLAX_NAMES[architecture]: layers, **heads}
    (tmp_path / "w.ckpt").write_bytes(pickle.dumps(tree, protocol=3))

    one = weights.from_torchvision(tmp_path / "w.pth", architecture)
    other = weights.from_flax(tmp_path / "w.ckpt", architecture)
    shapes = {c.name: c.shape for c in ARCHITECTURES[architecture] if isinstance(c, Conv)}
    assert {name: tuple(one[f"{name}.weight"].shape) for name in shapes} == shapes
    assert all(torch.equal(one[name], other[name]) for name in one)
    digest = weights.content_sha256(one, architecture)
    assert digest == weights.content_sha256(other, architecture)


def test_a_file_with_nan_is_refused(tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "w.safetensors"
    tensors = {"conv1_1.weight": torch.zeros(64, 3, 3, 3), "conv1_1.bias": torch.zeros(64)}
    tensors["conv1_1.bias"][3] = torch.nan
    save_file(tensors, path)
    with pytest.raises(InputError, match=r"conv1_1\.bias holds NaN"):
        weights.import_weights(tmp_path / "out.safetensors", path, "vgg16", "caffe-bgr")
    assert not (tmp_path / "out.safetensors").exists()


def test_a_network_of_partial_weights_ends_where_they_end(tmp_path):
    from safetensors.torch import save_file

    from cnninvert.networks.pretrained import Network

    path = tmp_path / "w.safetensors"
    filters = torch.randn(64, 3, 3, 3)
    save_file({"conv1_1.weight": filters, "conv1_1.bias": torch.zeros(64)}, path)
    weights.import_weights(tmp_path / "out.safetensors", path, "vgg16", "caffe-bgr")
    network = Network(tmp_path / "out.safetensors")
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    steps = list(network.steps(images, linear=["conv1_1"]))
    assert [step.layer.name for step in steps] == ["conv1_1"]
    bgr = images.flip(1).float() - torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
    expected = torch.nn.functional.conv2d(bgr, filters, padding=1)
    assert torch.allclose(steps[0].linear, expected, rtol=1e-3, atol=1e-2)
