"""Oxford's first layers as a network of your own: RGB in [0, 1] gives what Caffe's input gives."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cnninvert import trace
from cnninvert.networks.models import build_from_file

FILE = Path(__file__).parents[2] / "docs" / "theory" / "oxford.py"
MEAN = torch.tensor([123.68, 116.779, 103.939]).view(3, 1, 1)  # of RGB


@pytest.fixture
def module():
    torch.manual_seed(0)
    return build_from_file(str(FILE), "build").eval()


def test_the_network_is_traced_with_the_papers_names(module):
    network = trace(module, 32)
    assert [layer.name for layer in network.convolutions][-2:] == ["conv3_2", "conv3_3"]
    assert network.layers["pool2"].shape == (128, 8, 8)


def test_converted_weights_take_rgb(module, tmp_path, monkeypatch):
    save_file(module.state_dict(), tmp_path / "bgr.safetensors")
    picture = torch.rand(1, 3, 16, 16)  # RGB
    with torch.inference_mode():
        expected = module((255 * picture - MEAN).flip(1))
    monkeypatch.syspath_prepend(FILE.parent)
    import oxford

    oxford.convert(str(tmp_path / "bgr.safetensors"), str(tmp_path / "rgb.safetensors"))
    module.load_state_dict(load_file(tmp_path / "rgb.safetensors"))
    mean, std = torch.tensor([0.4850, 0.4580, 0.4076]).view(3, 1, 1), 0.00392157
    with torch.inference_mode():
        found = module((picture - mean) / std)
    assert (found - expected).norm() < 1e-3 * expected.norm()
    sys.modules.pop("oxford")
