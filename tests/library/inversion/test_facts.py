"""What a layer and its switches say of a picture: by brute force, and as equations."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnninvert import trace
from cnninvert.inversion.equations import Equations
from cnninvert.inversion.facts import Facts
from cnninvert.inversion.horizon import numerical_rank, singular_values
from cnninvert.networks.preprocessing import Preprocessing

PLAIN = Preprocessing(12, (0.5,) * 3, (0.25,) * 3)


def network(dtype=torch.float64):
    torch.manual_seed(0)
    first = (nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2))
    second = (nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    return trace(nn.Sequential(*first, *second).to(dtype).requires_grad_(False), 12)


@pytest.fixture
def picture():
    return torch.rand(1, 3, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_no_fact_is_broken_by_the_picture_itself(picture):
    facts = Facts(network(), "5", picture, PLAIN, switches=True)
    values, excess = facts.of(facts.network, picture)
    assert torch.equal(values[0].clamp_min(0), facts.values)
    assert (excess <= 0).all()


def test_facts_hold_exactly_for_pictures_with_the_same_switches(picture):
    """Small steps: the order is broken where, and only where, some switch is another."""
    net = network()
    facts = Facts(net, "5", picture, PLAIN, switches=True)
    known = switches_of(net, picture)
    generator = torch.Generator().manual_seed(2)
    outcomes = set()
    for size in (1e-5, 1e-4, 1e-3, 1e-2):
        for _ in range(25):
            noise = torch.randn(picture.shape, generator=generator, dtype=picture.dtype)
            other = picture + size * noise
            same = all(map(torch.equal, known, switches_of(net, other)))
            excess = facts.of(net, other)[1]
            outcomes.add(same)
            assert same == bool((excess <= 0).all())
    assert outcomes == {True, False}


def switches_of(net, picture):
    found = []
    for output in net.run(PLAIN.normalise(picture), indices=True):
        if output.layer.kind == "max_pool":
            # A region of zeros names its first place, whichever is the largest before the ReLU.
            found.append(output.indices)
    return found


def test_the_number_of_inequalities_is_counted_by_hand(picture):
    equations = Equations(network(), "5", picture, PLAIN, switches=True, floor=0)
    assert equations.order == 3 * (6 * 6 * 6 + 8 * 3 * 3)
    assert equations.values == 8 * 3 * 3
    assert equations.nonzeros == int(
        (Facts(network(), "5", picture, PLAIN, False).values > 0).sum()
    )


@pytest.mark.parametrize("layer", ["1", "2", "5"])
def test_the_jacobian_is_that_of_finite_differences(picture, layer):
    equations = Equations(network(), layer, picture, PLAIN, switches=True, floor=0.05)
    assert equations.active > 0 or layer == "1"
    jacobian = equations.jacobian()
    assert jacobian.shape == (len(equations), picture.numel())
    step = 1e-7
    unit = torch.eye(picture.numel(), dtype=picture.dtype).view(-1, *picture.shape[1:])
    numeric = (equations(picture + step * unit) - equations(picture - step * unit)).T / (2 * step)
    assert (jacobian - numeric).abs().max() < 1e-5 * jacobian.abs().max()


def test_the_rank_of_a_layer_is_that_of_its_matrix():
    """A linear layer of two filters says two numbers of each patch of four."""
    torch.manual_seed(0)
    conv = nn.Conv2d(1, 2, 2, stride=2, bias=False).double().requires_grad_(False)
    net = trace(nn.Sequential(conv), (1, 4, 4))
    plain = Preprocessing(4, (0.0,), (1.0,))
    picture = torch.rand(1, 1, 4, 4, dtype=torch.float64)
    values = singular_values(Equations(net, "0", picture, plain).jacobian())
    assert numerical_rank(values, 1e-6) == 8
    matrix = F.conv2d(torch.eye(16).double().view(16, 1, 4, 4), conv.weight, stride=2).flatten(1)
    scale = net(picture).square().mean().sqrt()
    expected = torch.linalg.svdvals(matrix) / scale
    assert torch.allclose(values[:8], expected[:8])


def test_padding_says_nothing():
    pooling = nn.MaxPool2d(3, stride=2, padding=1)
    network = trace(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), pooling), (1, 8, 8))
    picture = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    found = Equations(network, "2", picture, Preprocessing(8, (0.0,), (1.0,)))
    inside = sum(int(place.isfinite().sum()) for place in network.regions("2").places_of(picture))
    regions = 4 * 4
    assert found.order == 2 * (inside - regions)


def test_several_pictures_and_other_sizes_are_refused():
    network = trace(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 8, 8))
    plain = Preprocessing(8, (0.0,), (1.0,))
    for shape, sentence in (((2, 1, 8, 8), "one picture"), ((1, 1, 16, 16), "takes .B, 1, 8, 8.")):
        with pytest.raises(ValueError, match=sentence):
            Equations(network, "1", torch.rand(shape), plain)
