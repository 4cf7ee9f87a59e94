"""Metrics of decoded pictures: known values, symmetry, order."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scipy.ndimage import gaussian_filter

from cnninvert.metrics.lpips import LAYERS, LPIPS, heads
from cnninvert.metrics.pictures import Metrics, psnr, ssim
from cnninvert.networks.layers import ARCHITECTURES, Conv
from cnninvert.networks.pretrained import Network
from random_networks import write_network


@pytest.fixture
def photographs():
    """Two smooth pictures in [0, 1]."""
    rng = np.random.default_rng(0)
    smooth = gaussian_filter(rng.standard_normal((2, 3, 64, 64)), (0, 0, 3, 3), mode="wrap")
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    return torch.from_numpy(smooth).float()


@pytest.fixture(params=["alexnet", "vgg16"])
def distance(request, tmp_path):
    """LPIPS of a random network with random heads."""
    torch.manual_seed(0)
    architecture, tensors = request.param, {}
    convolutions = [c for c in ARCHITECTURES[architecture] if isinstance(c, Conv)]
    for conv in convolutions:
        fan = conv.inputs * conv.size**2
        tensors[f"{conv.name}.weight"] = torch.randn(conv.shape) * (2 / fan) ** 0.5
        tensors[f"{conv.name}.bias"] = torch.zeros(conv.outputs)
    metadata = {"architecture": architecture, "preprocessing": "torchvision"}
    save_file(tensors, tmp_path / "network.safetensors", metadata)
    sizes = {conv.name: conv.outputs for conv in convolutions}
    weights = {name: torch.rand(sizes[name]) for name in LAYERS[architecture]}
    return LPIPS(Network(tmp_path / "network.safetensors"), weights)


def noisy(photographs, amount):
    noise = torch.randn(photographs.shape, generator=torch.Generator().manual_seed(1))
    return (photographs + amount * noise).clamp(0, 1)


def test_psnr_of_a_known_error(photographs):
    photographs = photographs.clamp(0, 0.9)
    found = psnr(photographs + torch.tensor([0.1, 0.01]).view(2, 1, 1, 1), photographs)
    torch.testing.assert_close(found, torch.tensor([20.0, 40.0]), atol=0.01, rtol=0)


def test_ssim_is_that_of_its_formula(photographs):
    """Window by window with SciPy's Gaussian filter, inside the picture."""
    other = noisy(photographs, 0.1)

    def mean(values):
        return gaussian_filter(values, (0, 0, 1.5, 1.5), radius=(0, 0, 5, 5))

    x, y = photographs.double().numpy(), other.double().numpy()
    mx, my = mean(x), mean(y)
    vx, vy, covariance = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    windows = (2 * mx * my + c1) * (2 * covariance + c2)
    windows /= (mx**2 + my**2 + c1) * (vx + vy + c2)
    expected = windows[..., 5:-5, 5:-5].mean((1, 2, 3))
    np.testing.assert_allclose(ssim(other, photographs).numpy(), expected, atol=1e-5)
    torch.testing.assert_close(ssim(photographs, photographs), torch.ones(2))


def test_ssim_needs_pictures_as_large_as_its_window(photographs):
    with pytest.raises(ValueError, match="11 x 11 pixels or more"):
        ssim(photographs[..., :10], photographs[..., :10])


def test_lpips_refuses_weights_for_other_input(tmp_path):
    path = write_network(tmp_path / "w.safetensors", "conv5", "alexnet", preprocessing="caffe-bgr")
    with pytest.raises(ValueError, match="LPIPS is of torchvision's weights"):
        LPIPS(Network(path))


def test_lpips_is_a_distance_that_grows_with_noise(distance, photographs):
    zero = distance(photographs, photographs)
    assert zero.abs().max() < 1e-6
    near, far = (distance(noisy(photographs, amount), photographs) for amount in (0.02, 0.2))
    assert ((near > 0) & (near < far)).all()
    other = noisy(photographs, 0.2)
    torch.testing.assert_close(distance(other, photographs), distance(photographs, other))


def test_lpips_of_one_reference_is_that_of_each(distance, photographs):
    pictures = noisy(photographs, 0.1)
    one = torch.cat([distance(pictures[i : i + 1], photographs[:1]) for i in range(2)])
    torch.testing.assert_close(distance(pictures, photographs[:1]), one)


def test_lpips_ignores_the_scale_of_a_layers_features(distance, photographs):
    """Features are normalised at each place, so the last layer's scale changes nothing."""
    before = distance(noisy(photographs, 0.1), photographs)
    distance.network.tensors[f"{distance.layers[-1]}.weight"] *= 3
    after = distance(noisy(photographs, 0.1), photographs)
    torch.testing.assert_close(before, after)


@pytest.mark.parametrize(
    ("architecture", "sha256"),
    [
        ("alexnet", "718a8b40b0d22f96192d34ab93c0db5c7943558ff6c2407f44812dce2f29b5f4"),
        ("vgg16", "9153a2043dccf3b525d4f13db916e93ef040548ea923b6f2100de5ebac141a78"),
    ],
)
def test_the_published_heads(architecture, sha256):
    found = heads(architecture)
    assert list(found) == list(LAYERS[architecture])
    sizes = {conv.name: conv.outputs for conv in ARCHITECTURES[architecture] if conv.name in found}
    digest = hashlib.sha256()
    for name, values in found.items():
        assert values.shape == (sizes[name],) and values.dtype == torch.float32
        assert (values >= 0).all()
        digest.update(values.numpy().tobytes())
    assert digest.hexdigest() == sha256


def test_lpips_takes_the_published_heads_by_default(distance, photographs):
    network = distance.network
    other = noisy(photographs, 0.1)
    expected = LPIPS(network, heads(network.architecture))(other, photographs)
    assert torch.equal(LPIPS(network)(other, photographs), expected)
    assert not torch.equal(distance(other, photographs), expected)


def test_all_metrics_at_once(distance, photographs):
    metrics = Metrics({distance.network.architecture: distance})
    pictures = photographs + 0.5  # beyond white
    found = metrics(pictures, photographs)
    assert list(found) == metrics.names
    assert all(values.shape == (2,) for values in found.values())
    # Clipped, but for the relative error.
    clipped = pictures.clamp(0, 1)
    torch.testing.assert_close(found["psnr"], psnr(clipped, photographs))
    expected = (3 * 64 * 64 * 0.25) ** 0.5 / photographs.flatten(1).norm(dim=1)
    torch.testing.assert_close(found["error"], expected)
    first = metrics(pictures, photographs[:1])
    torch.testing.assert_close(first["ssim"][0], found["ssim"][0])


def test_no_job_waits_for_the_import_of_torchmetrics():
    """It takes twice as long as PyTorch's, and all that is needed are files in it."""
    probe = (
        "import sys, torch; from cnninvert.metrics import lpips, pictures;"
        "pictures.ssim(*torch.rand(2, 1, 3, 16, 16)); lpips.heads('alexnet');"
        "print('torchmetrics' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run(
        [sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout == "False\n"
