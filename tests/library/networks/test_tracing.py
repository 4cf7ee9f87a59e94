"""Any CNN as named layers: the same outputs, operators with exact adjoints, and refusals."""

from collections import OrderedDict

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnninvert import observe, trace
from traced_networks import adjoint_error, random_norms, seeded

# One of each family of torchvision's CNNs, the smallest. benchmarks/traced_networks.py has more.
FAMILIES = [
    *("vgg11_bn", "alexnet", "resnet18", "resnext50_32x4d"),
    *("densenet121", "squeezenet1_1", "googlenet", "inception_v3", "mobilenet_v2"),
    *("mobilenet_v3_small", "mnasnet0_5", "shufflenet_v2_x0_5", "regnet_x_400mf"),
    *("efficientnet_b0", "convnext_tiny"),
]


def torchvision_network(name: str) -> tuple[nn.Module, int]:
    return seeded(name), 96 if name == "inception_v3" else 64


@pytest.mark.parametrize("name", FAMILIES)
@torch.inference_mode()
def test_a_traced_network_is_the_module(name):
    module, size = torchvision_network(name)
    if name in ("vgg11_bn", "alexnet"):  # the classifier is large, and no convolution
        module.classifier = nn.Identity()
    network = trace(module, size)
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    expected = module(x)
    for found in (network(x), [output.values for output in network.run(x)][-1]):
        assert (found - expected).norm() <= 1e-5 * expected.norm()
    folded = sum(isinstance(each, nn.BatchNorm2d) for each in module.modules())
    left = len(network.of_kind("batch_norm"))
    assert (left < folded / 1.8) if folded else left == 0
    for layer in network.convolutions:
        w = network.operator(layer.name)
        assert (w.signal_shape, w.code_shape) == (network.shape_before(layer.name), layer.shape)


def geometries(names):
    """A convolution of each geometry in these networks, with its operator."""
    found = {}
    for name in names:
        network = trace(*torchvision_network(name))
        for layer in network.convolutions:
            w = network.operator(layer.name)
            place = (w.filters.shape[2:], w.stride, w.padding, w.dilation, w.groups > 1)
            found.setdefault(place, w)
    return found.values()


def test_adjoints_are_exact():
    checked = 0
    for w in geometries(["mobilenet_v2", "resnext50_32x4d", "inception_v3", "convnext_tiny"]):
        assert adjoint_error(w) <= 1e-12
        checked += 1
    assert checked >= 15


class Net(nn.Module):
    """Functions, a layer that is used twice, an addition, a concatenation, in-place ReLUs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.filters = nn.Parameter(torch.randn(4, 16, 1, 1))
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        x = self.relu(self.conv1(x))
        y = self.drop(self.relu(self.norm(self.conv2(x)) + x))
        pooled = F.max_pool2d(torch.cat([x, y], 1), 3, stride=2, padding=1, ceil_mode=True)
        return F.relu(F.conv2d(pooled, self.filters))


@pytest.fixture
def net() -> nn.Module:
    return random_norms(Net())


def test_layers_have_the_names_of_the_module(net):
    network = trace(net, 10)
    assert [(layer.name, layer.kind, layer.inputs) for layer in network.layers.values()] == [
        ("conv1", "convolution", ("input",)),
        ("relu", "activation", ("conv1",)),
        ("conv2", "convolution", ("relu",)),
        ("add", "add", ("conv2", "relu")),
        ("relu_1", "activation", ("add",)),
        ("cat", "concatenation", ("relu", "relu_1")),
        ("max_pool2d", "max_pool", ("cat",)),
        ("conv2d", "convolution", ("max_pool2d",)),
        ("relu_2", "activation", ("conv2d",)),
    ]
    assert network.layer("max_pool2d").shape == (16, 6, 6)
    assert [layer.name for layer in network.after("relu")] == ["conv2", "add", "cat"]


def test_what_is_kept_is_not_overwritten(net):
    network, x = trace(net, 10), torch.randn(2, 3, 10, 10)
    outputs = {output.layer.name: output for output in network.run(x, keep=["conv1"], indices=True)}
    assert torch.equal(outputs["conv1"].values, net.conv1(x))
    assert torch.equal(outputs["relu"].values, net.conv1(x).relu())
    pool, maps = outputs["max_pool2d"], outputs["cat"].values
    assert torch.equal(maps.flatten(2).gather(2, pool.indices.flatten(2)), pool.values.flatten(2))
    assert [output.layer.name for output in network.run(x, last="conv2")][-1] == "conv2"


class InPlace(nn.Module):
    """Works in place, once behind a dropout, which is nothing when the network is evaluated."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.drop = nn.Conv2d(3, 3, 1), nn.Dropout()

    def forward(self, x):
        return self.drop(self.conv(x)).relu_().mul_(2)


def test_what_is_kept_is_not_overwritten_by_any_layer():
    module = InPlace().eval()
    network, x = trace(module, 4), torch.randn(1, 3, 4, 4)
    with torch.no_grad():
        outputs = {each.layer.name: each.values for each in network.run(x, ["conv", "relu_"])}
        assert torch.equal(outputs["conv"], module.conv(x))
        assert torch.equal(outputs["relu_"], module.conv(x).relu())
        assert torch.equal(outputs["mul_"], module(x))


def test_the_module_stays_as_it_is_and_shares_its_parameters(net):
    net.train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    network = trace(net, 10)
    assert net.training and all(module.training for module in net.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert network.layer("conv1").module.weight is net.conv1.weight
    assert network.layer("conv2d").module.weight is net.filters


def test_an_unknown_layer_is_refused_with_the_nearest_names(net):
    network = trace(net, 10)
    with pytest.raises(ValueError, match=r"no layer 'conv3'; the nearest are conv\d, conv\d"):
        network.layer("conv3")
    with pytest.raises(ValueError, match="no layer 'nothing'"):
        next(network.run(torch.zeros(1, 3, 10, 10), last="nothing"))
    with pytest.raises(ValueError, match="relu is no two-dimensional convolution"):
        network.operator("relu")


class InHalves(nn.Module):
    """With a number as an argument, and an operation that gives several tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.pool = nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2)
        self.last = nn.Conv2d(2, 2, 1)

    def forward(self, x, scale=2.0):
        left, right = self.pool(torch.relu(self.conv(x)) * scale).chunk(2, 1)
        return self.last(left) + right


def test_layers_behind_several_tensors_depend_on_what_is_before_them():
    torch.manual_seed(0)
    network, x = trace(InHalves(), 8), torch.rand(1, 3, 8, 8)
    assert network.layer("last").inputs == ("getitem",)
    assert network.layer("getitem").inputs == ("pool",)
    assert network.shape_before("getitem") == (4, 4, 4)
    assert observe(network, x, "last").indices.keys() == {"pool"}


def test_an_argument_with_a_default_has_it():
    torch.manual_seed(0)
    module, x = InHalves(), torch.rand(1, 3, 8, 8)
    *_, last = trace(module, 8).run(x)
    assert torch.equal(last.values, module(x))


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(3, 3, 1), OnItsInput())

    def forward(self, x):
        return self.block(x)


class OnItsInput(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (Branching(), r"in block.1 \(OnItsInput\), its path depends on its input"),
        (TwoInputs(), "takes x, y; only a picture"),
        (nn.Sequential(nn.MaxPool2d(2, return_indices=True)), "0: a max-pooling that returns"),
        (nn.Sequential(nn.Conv2d(3, 4, 11)), r"pictures of shape \(3, 8, 8\)"),
    ],
)
def test_what_cannot_be_traced_is_refused_in_a_sentence(module, words):
    with pytest.raises(ValueError, match=words) as error:
        trace(module, 8)
    assert "\n" not in str(error.value)


def test_networks_of_timm_are_traced():
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    for name in ("resnet10t", "mobilenetv3_small_050", "tf_efficientnet_lite0"):
        module = random_norms(timm.create_model(name, pretrained=False))
        network, x = trace(module, 64), torch.randn(1, 3, 64, 64)
        expected = module(x)
        assert (network(x) - expected).norm() <= 1e-5 * expected.norm()
        assert network.operator(network.convolutions[0].name).signal_shape[0] == 3


def test_a_layer_called_input_is_not_the_input():
    layers = {"input": nn.Conv2d(3, 8, 3, stride=2), "conv": nn.Conv2d(8, 4, 3)}
    network = trace(nn.Sequential(OrderedDict(layers)), 32)
    first, second = network.layers
    assert network.shape_before(first) == (3, 32, 32)
    assert network.shape_before(second) == (8, 15, 15)
    assert network.operator(second).signal_shape == (8, 15, 15)


class _Rare(nn.Module):
    """Filters in a buffer, keywords, and a pooling with all arguments by position."""

    def __init__(self):
        super().__init__()
        self.register_buffer("blur", torch.ones(3, 1, 3, 3) / 9)
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

    def forward(self, x):
        x = F.conv2d(x, self.blur, padding=1, groups=3)
        x = F.relu(self.norm(input=self.conv(input=x)))
        return torch.max_pool2d(x, (3, 3), (2, 2), (0, 0), (1, 1), True)


def test_rare_ways_to_write_a_network_are_followed():
    module = _Rare().eval()
    network = trace(module, 12)
    x = torch.rand(1, 3, 12, 12)
    torch.testing.assert_close(network(x), module(x))
    (pooling,) = network.of_kind("max_pool")
    assert network.regions(pooling.name).pool.ceil_mode


def test_a_detached_copy_shares_parameters_that_take_no_gradients(net):
    network = trace(net, 16)
    copied = network.detached()
    pairs = list(zip(copied.graph.parameters(), network.graph.parameters(), strict=True))
    assert all(copy.data_ptr() == own.data_ptr() for copy, own in pairs)
    assert any(own.requires_grad for _, own in pairs)
    assert not any(copy.requires_grad for copy, _ in pairs)
    assert list(copied.layers) == list(network.layers)


def test_a_copy_in_double_precision_leaves_the_network_as_it_is():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).eval()
    network = trace(module, 8)
    x = torch.rand(1, 3, 8, 8)
    copied = network.double()
    torch.testing.assert_close(copied(x.double()).float(), network(x))
    assert module[0].weight.dtype == torch.float32
