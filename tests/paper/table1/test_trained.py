"""Trained networks come back from their file, and as modules they compute the same."""

import pytest
import torch

from cnninvert.networks.models import build_from_file
from machinery.errors import InputError
from paper.table1.architecture import Architecture
from paper.table1.classifier import Classifier
from paper.table1.exported import as_python
from paper.table1.inverted import KNOWN, invert_classifier
from paper.table1.module import as_module
from paper.table1.trained import load, save
from paper.table1.whitening import fit


def networks(filters="learned", layers=2, **options):
    architecture = Architecture(filters, layers, 3, 8, **options)
    made = [Classifier(architecture, torch.Generator().manual_seed(seed)) for seed in (0, 1)]
    for network in made:  # batch norm sees something
        network.scores(network.constant(torch.randn(20, 3, 32, 32)))
    return [network.eval() for network in made]


def test_what_is_saved_is_loaded(tmp_path):
    first = networks()
    save(tmp_path / "n.safetensors", first)
    for ours, theirs in zip(load(tmp_path / "n.safetensors"), first, strict=True):
        assert ours.architecture == theirs.architecture and not ours.training
        for name, tensor in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[name], tensor)


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "n.safetensors").write_bytes(b"no tensors")
    with pytest.raises(InputError, match=r"n.safetensors: no trained networks"):
        load(tmp_path / "n.safetensors")


@pytest.mark.parametrize("filters", ["random", "learned"])
def test_the_module_gives_the_networks_features(filters, random):
    network, _ = networks(filters)
    images = torch.randn(5, 3, 32, 32, generator=random)
    whitening = fit(torch.randn(100, 3, 32, 32, generator=random), 0.1)
    for module, x in (
        (as_module(network), images),
        (as_module(network, whitening), whitening(images)),
    ):
        found = module(images).permute(0, 2, 3, 1).flatten(1)
        torch.testing.assert_close(found, network.features(x), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("whitened", [True, False])
def test_a_network_as_a_python_file_is_that_network(whitened, tmp_path, random):
    network, _ = networks(layers=3)
    whitening = fit(torch.randn(100, 3, 32, 32, generator=random), 0.1) if whitened else None
    module = as_module(network, whitening)
    file = tmp_path / "table1-learned-3.py"
    file.write_text(as_python(module, network.architecture, 77.2))
    assert "3 layers of 8 learned filters, 3 x 3" in file.read_text()
    rebuilt = build_from_file(file, "build").eval()
    rebuilt.load_state_dict(module.state_dict())
    images = torch.randn(5, 3, 32, 32, generator=random)
    assert torch.equal(rebuilt(images), module(images))


def test_only_ordinary_layers_become_modules():
    with pytest.raises(ValueError, match="ordinary"):
        as_module(networks(batch_norm="after")[0])


@pytest.mark.parametrize("layers", [1, 2])
def test_switches_help_to_invert(layers, random):
    network, _ = networks(layers=layers)
    images = torch.randint(256, (2, 3, 32, 32), generator=random).to(torch.uint8)
    errors = dict(invert_classifier(network, None, images, 40))
    assert list(errors) == list(KNOWN)
    assert (errors["switches"] < errors["values"]).all()
