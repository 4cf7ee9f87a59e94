"""What users write in their networks: traced as it is computed, or refused in a sentence."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations, prune

from cnninvert import Preprocessing, invert, observe, trace
from traced_networks import random_norms


class OptionalFeatures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1)

    def forward(self, x, features=None, deep=False, *more, **options):
        x = self.first(x)
        if features is not None:
            x = x + features
        return self.second(x) if deep else x


class TwoFunctionalConvolutions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = (nn.Parameter(torch.randn(3, 3, 3, 3)) for _ in range(2))
        self.activation = nn.ReLU()

    def forward(self, x):
        return F.conv2d(self.activation(F.conv2d(x, self.one, padding=1)), self.two, padding=1)


class OneWeightTwice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.filters = nn.Parameter(torch.randn(3, 3, 3, 3))

    def forward(self, x):
        return F.conv2d(F.relu(F.conv2d(x, self.filters, padding=1)), self.filters, padding=1)


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.filters = nn.Parameter(torch.randn(4, 3, 3, 3))
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        return F.conv2d(x, self.filters) * self.scale


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)

    def forward(self, x):
        return F.conv_transpose2d(self.norm(self.conv(x)), self.conv.weight, padding=1)


class Standardised(nn.Conv2d):
    def _conv_forward(self, x, weight, bias):
        mean, deviation = weight.mean((1, 2, 3), True), weight.std((1, 2, 3), keepdim=True)
        return super()._conv_forward(x, (weight - mean) / deviation, bias)


class OwnNorm(nn.BatchNorm2d):
    """A class of one's own that computes nothing else."""


class ThroughOneDimension(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.pool = nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2)
        self.last = nn.Linear(4 * 64, 5)

    def forward(self, x):
        return self.last(self.pool(self.conv(x)).flatten().view(x.size(0), -1))


class ReadAfterInPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.next = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.relu, self.pool = nn.ReLU(inplace=True), nn.MaxPool2d(2)

    def forward(self, x):
        x = self.conv(x)
        y = self.next(self.relu(x))
        return self.pool(F.relu(y + x))  # x is what the ReLU has made of it


class Masked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        x = self.conv(x)
        positive = x > 0
        return x * (positive & (x < 1)) + positive


def normed(conv):
    return nn.Sequential(conv, nn.BatchNorm2d(4), nn.ReLU())


def hooked(module):
    module.register_forward_hook(lambda module, inputs, output: output.relu())
    return module


def pruned():
    conv = nn.Conv2d(3, 4, 3)
    prune.random_unstructured(conv, "weight", 0.5)
    return conv


NETWORKS = {
    "arguments with defaults": OptionalFeatures,
    "functional convolutions": TwoFunctionalConvolutions,
    "the same within a network": lambda: nn.Sequential(TwoFunctionalConvolutions()),
    "functional, filters used twice": lambda: nn.Sequential(OneWeightTwice()),
    "functional, another parameter": lambda: nn.Sequential(Scaled()),
    "filters that are read again": Tied,
    "standardised filters": lambda: normed(Standardised(3, 4, 3)),
    "weight norm": lambda: normed(parametrizations.weight_norm(nn.Conv2d(3, 4, 3))),
    "spectral norm": lambda: normed(parametrizations.spectral_norm(nn.Conv2d(3, 4, 3))),
    "spectral norm by a hook": lambda: normed(nn.utils.spectral_norm(nn.Conv2d(3, 4, 3))),
    "pruned": lambda: normed(pruned()),
    "a convolution's hook": lambda: normed(hooked(nn.Conv2d(3, 4, 3))),
    "a norm's hook": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), hooked(nn.BatchNorm2d(4))),
    "a class of one's own": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), OwnNorm(4)),
    "one dimension in between": ThroughOneDimension,
    "read after a ReLU in place": ReadAfterInPlace,
    "masks": Masked,
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS.keys())
@torch.no_grad()
def test_layers_compute_what_the_module_does(make):
    torch.manual_seed(0)
    module, x = random_norms(make()), torch.randn(2, 3, 16, 16)
    module(x)  # some keep what they compute
    network = trace(module, 16)
    if not isinstance(module, ThroughOneDimension):
        torch.testing.assert_close(network(x), module(x), rtol=1e-4, atol=1e-5)
    *_, last = network.run(x[:1])
    torch.testing.assert_close(last.values, module(x[:1]), rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.torch.jit.script")
def test_what_only_the_instance_does_is_refused():
    before = nn.Sequential(nn.Conv2d(3, 4, 3))
    before.register_forward_pre_hook(lambda module, inputs: (2 * inputs[0] + 1,))
    own = nn.Sequential(nn.Conv2d(3, 4, 3))
    own.forward = lambda x: own[0](2 * x)
    for module in (before, own):
        with pytest.raises(ValueError, match="its layers compute something else than it does"):
            trace(module, 16)
    with pytest.raises(ValueError, match="a scripted module cannot be traced"):
        trace(torch.jit.script(nn.Sequential(nn.Conv2d(3, 4, 3))), 16)


def test_to_trace_draws_no_random_numbers():
    module = nn.Sequential(TwoFunctionalConvolutions(), nn.Dropout())
    state = torch.get_rng_state()
    trace(module, 16)
    assert torch.equal(torch.get_rng_state(), state)


def test_dependencies_pass_through_one_dimension():
    network = trace(ThroughOneDimension(), 16)
    assert observe(network, torch.rand(1, 3, 16, 16), "last").indices.keys() == {"pool"}


def test_masks_change_no_values_where_a_relu_is_in_place():
    torch.manual_seed(0)
    network, x = trace(ReadAfterInPlace(), 16), torch.rand(1, 3, 16, 16)
    plain, masked = (observe(network, x, "pool", masks=masks) for masks in (False, True))
    assert torch.equal(plain.values, masked.values)
    colours = Preprocessing(16, (0.0,) * 3, (1.0,) * 3)
    start = invert(network, masked, colours, start=x, evaluations=1)
    assert start.value_errors.item() < 1e-5


class GlobalMaximum(nn.Module):
    def forward(self, x):
        return F.max_pool2d(F.relu_(x - 0.1), kernel_size=x.size()[2:])


def test_a_pooling_of_computed_geometry_has_no_switches():
    network = trace(nn.Sequential(nn.Conv2d(3, 4, 3), GlobalMaximum()), 16)
    x = torch.rand(1, 3, 16, 16)
    *_, relu, last = network.layers.values()
    assert (relu.kind, last.kind) == ("activation", "other")
    known = observe(network, x, last.name)
    assert not known.indices
    assert invert(network, known, Preprocessing(16), evaluations=2).pictures.shape == (1, 3, 16, 16)


def test_layers_of_timm_that_are_several_or_pad_by_themselves():
    pytest.importorskip("timm")
    from timm.layers import BatchNormAct2d
    from timm.layers.pool2d_same import MaxPool2dSame

    torch.manual_seed(0)
    blocks = nn.Sequential(nn.Conv2d(3, 4, 3), BatchNormAct2d(4), MaxPool2dSame(3, 2))
    module, x = random_norms(blocks), torch.randn(2, 3, 16, 16)
    network = trace(module, 16)
    torch.testing.assert_close(network(x), module(x), rtol=1e-4, atol=1e-5)
    kinds = [layer.kind for layer in network.layers.values()]
    assert kinds == ["convolution", "batch_norm", "activation", "other"]


def test_filters_that_a_convolution_computes_are_no_operator_s():
    with pytest.raises(ValueError, match="0, a Standardised, is not computed as PyTorch's"):
        trace(normed(Standardised(3, 4, 3)), 16).operator("0")


def test_a_picture_of_another_type_is_refused():
    network = trace(nn.Sequential(nn.Conv2d(3, 4, 3)).double(), 16)
    with pytest.raises(
        ValueError, match=r"parameters are torch\.float64, and its input is torch\.float32"
    ):
        observe(network, torch.rand(1, 3, 16, 16), "0")
