"""Any feed-forward CNN as a graph of named layers, by torch.fx."""

import copy
import inspect
import sys
from collections.abc import Callable
from itertools import chain

import torch
from torch import Tensor, fx, nn

from cnninvert.networks.graph import INPUT, Layer, TracedNetwork
from cnninvert.networks.kinds import kind_of
from cnninvert.networks.rewriting import (
    fold_batch_norms,
    name_functional_convolutions,
    owner,
    read_what_is_overwritten,
    speed_up_convolutions,
    unique,
)

# Layers that change nothing when a network is evaluated.
IDENTITIES = (nn.Identity, nn.Dropout, nn.Dropout2d)
# Of timm: a batch norm and its activation.
SEVERAL_LAYERS = ("BatchNormAct2d",)


def trace(module: nn.Module, input_size: int | tuple[int, ...]) -> TracedNetwork:
    """The network that ``module`` computes when it is evaluated, as named layers.

    ``input_size``: the side of the pictures, (H, W), or (C, H, W). The module is not changed. Batch
    norms are folded into the convolutions that they follow, whose parameters are copies then; all
    others stay the module's own. So trace again after the module has changed.
    A layer has the name that the module gives it; one that is used again, or is a function within
    a module, has a number or the function's name behind it.

    Raises ValueError for a network whose path depends on its input, or that PyTorch's tracer cannot
    follow for another reason, for one whose layers compute something else than it does, as is tried
    with noise, and for pictures of a size that the network refuses.

    >>> net = trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2)), 16)
    >>> [(layer.name, layer.kind) for layer in net.layers.values()]
    [('0', 'convolution'), ('1', 'activation'), ('2', 'max_pool')]
    >>> net.layer("2").shape
    (8, 7, 7)
    >>> net(torch.ones(2, 3, 16, 16)).shape
    torch.Size([2, 8, 7, 7])
    """
    kind = type(module)
    _check_arguments(kind)
    tracer = _Tracer()
    try:
        module = copy.deepcopy(module, _shared(module)).eval()
        # Of arguments with defaults the tracer would make inputs.
        module.__class__ = type(
            kind.__name__, (kind,), {"forward": lambda self, picture: kind.forward(self, picture)}
        )
        graph = tracer.trace(module)
    except Exception as error:
        where = tracer.inside or kind.__name__
        raise ValueError(
            f"{kind.__name__} cannot be traced: in {where}, {_first_sentence(error)}"
        ) from error
    traced = fx.GraphModule(module, graph)
    read_what_is_overwritten(traced)
    name_functional_convolutions(traced)
    fold_batch_norms(traced)
    speed_up_convolutions(traced)
    traced.recompile()
    shape = _input_shape(traced, input_size)
    run = _Run(traced)
    output = _evaluated(run.run, traced, shape)
    module.__class__ = kind
    if not _same(output, _evaluated(module, traced, shape)):
        raise ValueError(
            f"{kind.__name__} cannot be traced: its layers compute something else than it does, as "
            "with hooks or a forward of the instance; write these into the forward of its class"
        )
    return _named(traced, shape, run)


def _check_arguments(kind: type[nn.Module]) -> None:
    """Raise ValueError unless the ``forward`` of this class can be called with a picture alone."""
    if issubclass(kind, torch.jit.ScriptModule):
        raise ValueError("a scripted module cannot be traced; give the one that it was made of")
    _, *parameters = inspect.signature(kind.forward).parameters.values()
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [each for each in parameters if each.default is each.empty]
    if sum(each.kind not in several for each in needed) > 1 or not parameters:
        names = ", ".join(str(each) for each in parameters) or "nothing"
        raise ValueError(f"{kind.__name__} takes {names}; only a picture is supported")


def _shared(module: nn.Module) -> dict[int, Tensor]:
    """What a copy of the module takes over: its parameters and buffers as they are.

    And detached, what it has computed and kept, which cannot be copied.
    """
    kept = (each for part in module.modules() for each in vars(part).values())
    computed = (each for each in kept if isinstance(each, Tensor) and not each.is_leaf)
    found = {id(each): each.detach() for each in computed}
    return found | {id(each): each for each in chain(module.parameters(), module.buffers())}


class _Tracer(fx.Tracer):
    """Keeps layers of PyTorch, and what timm says cannot be traced, whole."""

    def __init__(self) -> None:
        functions, self.untraced = _timm()
        super().__init__(autowrap_functions=functions)
        self.inside = ""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        if type(module).__name__ in SEVERAL_LAYERS:
            return False
        # A class of the user's own that computes what one of PyTorch's does.
        own = type(module).forward.__module__.startswith("torch.nn.modules")
        layer = own and not isinstance(module, nn.Sequential)
        return layer or isinstance(module, self.untraced) or super().is_leaf_module(module, name)

    def call_module(self, module, forward, args, kwargs):
        before = self.inside
        self.inside = f"{self.path_of_module(module)} ({type(module).__name__})"
        found = super().call_module(module, forward, args, kwargs)
        self.inside = before
        return found


def _timm() -> tuple[tuple, tuple]:
    """What timm's models need to be traced: functions to be called whole, and module classes."""
    if "timm" not in sys.modules:
        return (), ()
    from timm.models import get_notrace_functions, get_notrace_modules

    return tuple(get_notrace_functions()), tuple(get_notrace_modules())


def _first_sentence(error: Exception) -> str:
    text = " ".join(str(error).split()).partition("While executing")[0].strip()
    if isinstance(error, fx.proxy.TraceError) and "control flow" in text:
        return "its path depends on its input"
    return text.split(". ")[0].rstrip(".") or type(error).__name__


def _input_shape(graph: fx.GraphModule, size: int | tuple[int, ...]) -> tuple[int, int, int]:
    size = (size, size) if isinstance(size, int) else tuple(size)
    if len(size) == 3:
        return size
    convolutions = (m for m in graph.modules() if isinstance(m, nn.Conv2d))
    channels = next((conv.in_channels for conv in convolutions), 3)
    return (channels, *size)


def _named(graph: fx.GraphModule, shape: tuple[int, int, int], run: "_Run") -> TracedNetwork:
    """Give every node that computes maps a name."""
    # The layers, or INPUT, that a node's value comes from: itself, where it has a name.
    sources: dict[fx.Node, tuple[str, ...]] = {}
    layers: dict[str, Layer] = {}
    nodes: dict[str, fx.Node] = {}
    for node in graph.graph.nodes:
        if node.op == "placeholder":
            sources[node] = (INPUT,)
        if node.op not in ("call_module", "call_function", "call_method"):
            continue
        module = graph.get_submodule(node.target) if node.op == "call_module" else None
        found = chain.from_iterable(sources.get(each, ()) for each in node.all_input_nodes)
        inputs = tuple(dict.fromkeys(found))
        if node in run.others and kind_of(node, module)[0] == "max_pool":
            raise ValueError(f"{node.target}: a max-pooling that returns indices is not supported")
        if node in run.others or isinstance(module, IDENTITIES):
            sources[node] = inputs
        elif node in run.shapes and inputs:  # else it is computed of parameters alone
            kind, operation = kind_of(node, module)
            place = node.target if module else f"{owner(node)}.{operation}".lstrip(".")
            name = unique(place, {INPUT, *layers})
            sources[node], nodes[name] = (name,), node
            layers[name] = Layer(name, kind, operation, inputs, run.shapes[node], module)
    return TracedNetwork(graph, layers, nodes, shape)


class _Run(fx.Interpreter):
    """Runs a graph, and notes what its nodes compute.

    ``shapes``: (C, H, W) of each node that gives a tensor of the batch. ``others``: nodes that give
    several tensors, as chunk and split do, or one without a batch, as flatten.
    """

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph)
        self.shapes: dict[fx.Node, tuple[int, ...]] = {}
        self.others: set[fx.Node] = set()

    def run_node(self, node):
        value = super().run_node(node)
        if isinstance(value, Tensor) and value.ndim > 1 and node.op != "get_attr":
            self.shapes[node] = tuple(value.shape[1:])
        elif any(isinstance(each, Tensor) for each in _parts(value)):
            self.others.add(node)
        return value


@torch.inference_mode()
def _evaluated(run: Callable, graph: fx.GraphModule, shape: tuple[int, int, int]):
    """What ``run`` makes of noise, the same at each call."""
    tensor = next(chain(graph.parameters(), graph.buffers()), torch.zeros(()))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        noise = torch.randn(1, *shape).to(tensor)
        try:
            return run(noise)
        except Exception as error:
            raise ValueError(
                f"the network cannot be run with pictures of shape {shape}: "
                f"{_first_sentence(error)}"
            ) from error


def _same(found, expected) -> bool:
    """Whether two outputs agree, up to rounding and TF32."""
    for one, other in zip(_parts(found), _parts(expected), strict=True):
        if isinstance(other, Tensor) and other.is_floating_point() and bool(other.isfinite().all()):
            most = max(0.02, 20 * torch.finfo(other.dtype).eps) * other.double().norm()
            if one.shape != other.shape or (one.double() - other.double()).norm() > most:
                return False
    return True


def _parts(value) -> list:
    """The values in an output: itself, or the items of a tuple, a list or a dictionary."""
    if isinstance(value, dict):
        value = list(value.values())
    return list(value) if isinstance(value, tuple | list) else [value]
