"""The pipeline's networks, traced, compute what they compute otherwise."""

import pytest
import torch

from cnninvert.networks.layers import PREPROCESSINGS
from cnninvert.networks.pretrained import Network
from paper.traced import trace_network
from random_networks import write_network


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS)
@pytest.mark.parametrize(("last", "layer"), [("conv2_1", "pool1"), ("conv1_1", "relu1_1")])
def test_a_traced_network_has_the_same_activations(preprocessing, last, layer, tmp_path, random):
    path = write_network(tmp_path / "w", last, bias=0.1, preprocessing=preprocessing)
    network = Network(path)
    images = torch.randint(256, (2, 3, 16, 16), dtype=torch.uint8, generator=random)
    traced, preprocess = trace_network(network, 16)
    with torch.no_grad():
        found = list(traced.run(preprocess(images), last=layer))[-1].values
        expected = {step.layer.name: step.output for step in network.steps(images)}
    wanted = expected[layer.replace("relu", "conv")]
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5 * float(wanted.max()))
    assert list(traced.layers)[-1] == last.replace("conv", "relu")
