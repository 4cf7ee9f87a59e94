"""Networks by name, a user's own among them."""

import importlib.util
import sys
from collections import OrderedDict
from difflib import get_close_matches
from pathlib import Path

from torch import nn

from cnninvert.networks.efficientnet_lite import EfficientNetLite0
from cnninvert.networks.layers import ARCHITECTURES, Conv

# Of TensorFlow's EfficientNet-Lite. On 150 ImageNet photographs it is more confident with these
# than with ImageNet's usual values: 0.73 against 0.65 in the mean.
TENSORFLOW_MEAN, TENSORFLOW_STD = (127 / 255,) * 3, (128 / 255,) * 3


def build(name: str) -> nn.Module:
    """The network ``name``, without trained weights.

    vgg16 and alexnet: up to their last pooling, with the paper's names. efficientnet-lite0.
    torchvision:NAME and timm:NAME: theirs. Raises ValueError for a name that is unknown, with the
    nearest ones, and for a package that is not installed.

    >>> [name for name, _ in build("alexnet").named_children()][:3]
    ['conv1', 'relu1', 'pool1']
    """
    if name in ARCHITECTURES:
        return _sequential(name)
    if name == "efficientnet-lite0":
        return EfficientNetLite0()
    package, _, model = name.partition(":")
    if package == "torchvision" and model:
        return _from_torchvision(model)
    if package == "timm" and model:
        return _from_timm(model)
    raise ValueError(
        f"there is no network {name!r}; give {', '.join(ARCHITECTURES)}, efficientnet-lite0, "
        "torchvision:NAME, timm:NAME, or a file of your own"
    )


def _sequential(architecture: str) -> nn.Sequential:
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for layer in ARCHITECTURES[architecture]:
        if isinstance(layer, Conv):
            place = (layer.inputs, layer.outputs, layer.size, layer.stride, layer.padding)
            modules[layer.name] = nn.Conv2d(*place)
            modules[layer.name.replace("conv", "relu")] = nn.ReLU(inplace=True)
        else:
            modules[layer.name] = nn.MaxPool2d(layer.size, layer.stride)
    return nn.Sequential(modules)


def _from_torchvision(model: str) -> nn.Module:
    models = _package("torchvision").models
    known = models.list_models(module=models)
    if model not in known:
        raise ValueError(f"torchvision has no model {model!r}; {_nearest(model, known)}")
    options = {"init_weights": False} if model in ("googlenet", "inception_v3") else {}
    return models.get_model(model, weights=None, **options)


def _from_timm(model: str) -> nn.Module:
    timm = _package("timm")
    if not timm.is_model(model):
        raise ValueError(f"timm has no model {model!r}; {_nearest(model, timm.list_models())}")
    return timm.create_model(model, pretrained=False)


def _package(name: str):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ValueError(f"{name} is not installed: pip install {name}") from error


def _nearest(name: str, known: list[str]) -> str:
    return f"the nearest are {', '.join(get_close_matches(name, known, cutoff=0))}"


def build_from_file(path: str | Path, function: str) -> nn.Module:
    """What ``function`` of the Python file ``path`` returns, a module; this runs the file.

    It can import what lies beside it. Raises ValueError for a file that cannot be run, and for
    anything but a module.
    """
    path = Path(path)
    name = f"cnninvert_file_{path.stem}"  # no module's that is there, say json.py's
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: it is not a Python file")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded  # for dataclasses and pickles in it
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(loaded)
        module = getattr(loaded, function)()
    except (Exception, SystemExit) as error:
        raise ValueError(f"{path}: {function}() fails: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(path.parent))
    if not isinstance(module, nn.Module):
        raise ValueError(f"{path}: {function}() returns no module of PyTorch's: {type(module)}")
    return module
