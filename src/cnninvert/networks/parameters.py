"""Parameters of any module: read from files, or drawn at random."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

WRAPPERS = ("state_dict", "model")  # what trainings keep a state_dict under, beside other things
MOST_NAMED = 3


def read_state(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, or of a state_dict that torch.save has written.

    A state_dict is read with ``weights_only``, so nothing in it is run. Raises ValueError for
    anything else, and for a file whose metadata say that it expects other input than RGB.
    """
    path, expected_input = Path(path), "torchvision"
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                expected_input = (file.metadata() or {}).get("preprocessing", expected_input)
            found = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path}: the weights cannot be read: {error}") from error
    except Exception as error:  # whatever a damaged file, or one with code in it, leads to
        raise ValueError(
            f"{path}: it holds no plain state_dict ({type(error).__name__})"
        ) from error
    if expected_input != "torchvision":
        raise ValueError(
            f"{path}: it is for {expected_input} input; docs/theory/oxford.py shows how to turn "
            "the filters of the first convolution for RGB"
        )
    for name in WRAPPERS:
        if isinstance(found, dict) and isinstance(found.get(name), dict):
            found = found[name]
    tensors = isinstance(found, dict) and all(isinstance(v, Tensor) for v in found.values())
    if not tensors or not found:
        raise ValueError(f"{path}: it holds no state_dict of tensors")
    prefix = "module."  # of nn.DataParallel
    whole = all(name.startswith(prefix) for name in found)
    return {name.removeprefix(prefix) if whole else name: found[name] for name in found}


def set_state(module: nn.Module, state: dict[str, Tensor], source: str | Path) -> None:
    """Give ``module`` the tensors ``state``, which come from ``source``.

    Raises ValueError if any are missing, left over, of another shape, or not finite.
    """
    expected = module.state_dict()
    needed = {name for name in expected if not name.endswith("num_batches_tracked")}
    for what, names in (
        ("it lacks", needed - state.keys()),
        ("the network has no", state.keys() - expected.keys()),
    ):
        if names:
            raise ValueError(f"{source}: {what} {_some(names)}")
    for name, tensor in state.items():
        if tensor.shape != expected[name].shape:
            shapes = f"{tuple(tensor.shape)}, and the network has {tuple(expected[name].shape)}"
            raise ValueError(f"{source}: {name} has the shape {shapes}")
        if not bool(tensor.isfinite().all()):
            raise ValueError(f"{source}: {name} holds NaN or infinite values")
    module.load_state_dict(state, strict=False)


def _some(names: set[str]) -> str:
    first = sorted(names)[:MOST_NAMED]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(first) + more


@torch.no_grad()
def draw_parameters(module: nn.Module, seed: int) -> None:
    """Draw all filters as He et al. (2015) do: Gaussian, of variance 2 / fan-in; biases are 0.

    Batch norms pass on what they get. What is no convolution, linear layer or batch norm keeps its
    parameters: for those, set PyTorch's seed before the module is built.

    >>> conv = nn.Conv2d(64, 128, 3)
    >>> draw_parameters(conv, seed=0)
    >>> round(conv.weight.std().item() * (64 * 9 / 2) ** 0.5, 2)
    1.0
    """
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            fan_in = part.weight[0].numel()
            drawn = torch.randn(part.weight.shape, generator=generator) * (2 / fan_in) ** 0.5
            if is_parametrized(part, "weight"):
                part.weight = drawn
            else:
                part.weight.copy_(drawn)
            if part.bias is not None:
                part.bias.zero_()
        elif isinstance(part, nn.BatchNorm2d):
            part.reset_parameters()
