"""Networks by name and from files, their parameters, and random twins."""

import sys

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import parametrizations

from cnninvert.networks.models import build, build_from_file
from cnninvert.networks.parameters import draw_parameters, read_state, set_state
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.networks.pretrained import preprocess
from random_networks import write_network


@pytest.mark.parametrize("name", ["alexnet", "efficientnet-lite0", "torchvision:squeezenet1_1"])
def test_networks_are_built_by_name(name):
    module = build(name).eval()
    assert module(torch.zeros(1, 3, 64, 64)).shape[0] == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vgg61", "there is no network 'vgg61'; give vgg16, alexnet"),
        ("torchvision:resnet19", "no model 'resnet19'; the nearest are resnet18, resnet152"),
        ("keras:resnet", "there is no network"),
    ],
)
def test_unknown_names_are_refused(name, words):
    with pytest.raises(ValueError, match=words):
        build(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def build():\n    return 3\n", "returns no module"),
        ("def other():\n    pass\n", r"build\(\) fails: AttributeError"),
        ("def build(:\n", r"build\(\) fails: SyntaxError"),
        ("def build():\n    raise OSError('no disk')\n", "OSError: no disk"),
        ("raise SystemExit(2)\n", "SystemExit: 2"),
    ],
)
def test_a_file_that_makes_no_module_is_refused(tmp_path, text, words):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=words) as error:
        build_from_file(path, "build")
    assert str(path) in str(error.value)


def test_a_users_network_comes_back_from_its_files(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("from torch import nn\n\ndef build():\n    return nn.Conv2d(3, 4, 1)\n")
    known = build_from_file(path, "build")
    save_file(known.state_dict(), tmp_path / "w.safetensors")
    torch.save(known.state_dict(), tmp_path / "w.pt")
    wrapped = {f"module.{name}": tensor for name, tensor in known.state_dict().items()}
    torch.save({"state_dict": wrapped, "epoch": 3}, tmp_path / "training.pt")
    for name in ("w.safetensors", "w.pt", "training.pt"):
        module = build_from_file(path, "build")
        set_state(module, read_state(tmp_path / name), name)
        assert torch.equal(module.weight, known.weight) and torch.equal(module.bias, known.bias)


def test_a_user_s_file_can_import_what_lies_beside_it(tmp_path):
    (tmp_path / "blocks_of_mine.py").write_text("WIDTH = 5\n")
    text = "from torch import nn\nfrom blocks_of_mine import WIDTH\n"
    (tmp_path / "mine.py").write_text(text + "def build():\n    return nn.Conv2d(3, WIDTH, 1)\n")
    path = list(sys.path)
    assert build_from_file(tmp_path / "mine.py", "build").out_channels == 5
    assert sys.path == path


def test_weights_for_other_input_are_refused(tmp_path):
    path = write_network(tmp_path / "w.safetensors", "conv1_1", preprocessing="caffe-bgr")
    with pytest.raises(ValueError, match=r"w\.safetensors: it is for caffe-bgr input"):
        read_state(path)


class Harmful:
    def __reduce__(self):
        return (print, ("this must not be run",))


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path, capsys):
    torch.save({"weight": Harmful()}, tmp_path / "w.pt")
    with pytest.raises(ValueError, match=r"w\.pt: it holds no plain state_dict"):
        read_state(tmp_path / "w.pt")
    assert "must not be run" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("bias"), "it lacks bias"),
        (lambda state: state.update(more=torch.zeros(1)), "the network has no more"),
        (lambda state: state.update(bias=torch.zeros(5)), r"bias has the shape \(5,\)"),
        (lambda state: state.update(bias=torch.full((4,), torch.nan)), "bias holds NaN"),
    ],
)
def test_parameters_of_another_network_are_refused(change, words):
    module = nn.Conv2d(3, 4, 1)
    state = dict(module.state_dict())
    change(state)
    with pytest.raises(ValueError, match=f"file: {words}"):
        set_state(module, state, "file")


def test_a_random_twin_depends_on_its_seed_alone():
    first, second, other = (build("alexnet") for _ in range(3))
    for module, seed in ((first, 1), (second, 1), (other, 2)):
        draw_parameters(module, seed)
    assert torch.equal(first.conv2.weight, second.conv2.weight)
    assert not torch.equal(first.conv2.weight, other.conv2.weight)
    assert not first.conv2.bias.any()


def test_a_random_twin_has_parametrised_filters_too():
    module = nn.Sequential(parametrizations.weight_norm(nn.Conv2d(64, 128, 3)))
    draw_parameters(module, 0)
    plain = nn.Sequential(nn.Conv2d(64, 128, 3))
    draw_parameters(plain, 0)
    torch.testing.assert_close(module[0].weight, plain[0].weight)


def test_the_preprocessing_of_torchvision_is_that_of_the_paper_s_networks(random):
    images = torch.randint(256, (2, 3, 8, 8), generator=random, dtype=torch.uint8)
    assert torch.equal(Preprocessing()(images), preprocess(images, "torchvision"))


def test_a_preprocessing_takes_lists_and_keeps_single_precision():
    plain = Preprocessing(8, [0.5] * 3, [0.5] * 3)
    assert plain == Preprocessing(8, (0.5,) * 3, (0.5,) * 3)
    assert plain.normalise(torch.ones(1, 3, 2, 2)).dtype == torch.float32


def test_batch_norms_without_parameters_are_left_as_they_are():
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4, affine=False))
    draw_parameters(module, 0)
    assert module[1].weight is None
