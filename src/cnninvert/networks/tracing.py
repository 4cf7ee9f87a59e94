"""Any feed-forward CNN as a graph of named layers, by torch.fx."""

import copy
import sys
from itertools import chain

import torch
from torch import Tensor, fx, nn

from cnninvert.networks.graph import INPUT, Layer, TracedNetwork
from cnninvert.networks.kinds import kind_of
from cnninvert.networks.rewriting import (
    fold_batch_norms,
    name_functional_convolutions,
    owner,
    speed_up_convolutions,
)

# Layers that change nothing when a network is evaluated.
IDENTITIES = (nn.Identity, nn.Dropout, nn.Dropout2d)


def trace(module: nn.Module, input_size: int | tuple[int, ...]) -> TracedNetwork:
    """The network that ``module`` computes when it is evaluated, as named layers.

    ``input_size``: the side of the pictures, (H, W), or (C, H, W). The module is not changed. Batch
    norms are folded into the convolutions that they follow, whose parameters are copies then; all
    others stay the module's own. So trace again after the module has changed.
    A layer has the name that the module gives it; one that is used again, or is a function within
    a module, has a number or the function's name behind it.

    Raises ValueError for a network whose path depends on its input, or that PyTorch's tracer cannot
    follow for another reason, and for pictures of a size that the network refuses.

    >>> net = trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2)), 16)
    >>> [(layer.name, layer.kind) for layer in net.layers.values()]
    [('0', 'convolution'), ('1', 'activation'), ('2', 'max_pool')]
    >>> net.layer("2").shape
    (8, 7, 7)
    >>> net(torch.ones(2, 3, 16, 16)).shape
    torch.Size([2, 8, 7, 7])
    """
    tensors = {id(each): each for each in chain(module.parameters(), module.buffers())}
    module = copy.deepcopy(module, tensors).eval()  # the tensors are shared
    tracer = _Tracer()
    try:
        graph = tracer.trace(module)
    except Exception as error:
        where = tracer.inside or type(module).__name__
        raise ValueError(
            f"{type(module).__name__} cannot be traced: in {where}, {_first_sentence(error)}"
        ) from error
    traced = fx.GraphModule(module, graph)
    name_functional_convolutions(traced)
    fold_batch_norms(traced)
    speed_up_convolutions(traced)
    traced.recompile()
    inputs = [node for node in traced.graph.nodes if node.op == "placeholder"]
    if sum(not node.args for node in inputs) != 1:
        names = ", ".join(str(node.target) for node in inputs)
        raise ValueError(f"{type(module).__name__} takes {names}; only a picture is supported")
    shape = _input_shape(traced, input_size)
    return _named(traced, shape)


class _Tracer(fx.Tracer):
    """Keeps layers of PyTorch, and what timm says cannot be traced, whole."""

    def __init__(self) -> None:
        functions, self.untraced = _timm()
        super().__init__(autowrap_functions=functions)
        self.inside = ""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        convolution = isinstance(module, nn.Conv2d) and type(module).forward is nn.Conv2d.forward
        return (
            convolution or isinstance(module, self.untraced) or super().is_leaf_module(module, name)
        )

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
    text = " ".join(str(error).split())
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


def _named(graph: fx.GraphModule, shape: tuple[int, int, int]) -> TracedNetwork:
    """Give every node that computes maps a name, and find what shape it has."""
    shapes, several = _shapes(graph, shape)
    # The layers, or INPUT, that a node's value comes from: itself, where it has a name.
    sources: dict[fx.Node, tuple[str, ...]] = {}
    layers: dict[str, Layer] = {}
    nodes: dict[str, fx.Node] = {}
    for node in graph.graph.nodes:
        if node.op == "placeholder" and not node.args:
            sources[node] = (INPUT,)
        if node.op not in ("call_module", "call_function", "call_method"):
            continue
        module = graph.get_submodule(node.target) if node.op == "call_module" else None
        found = chain.from_iterable(sources.get(each, ()) for each in node.all_input_nodes)
        inputs = tuple(dict.fromkeys(found))
        if node in several and kind_of(node, module)[0] == "max_pool":
            raise ValueError(f"{node.target}: a max-pooling that returns indices is not supported")
        if node in several or isinstance(module, IDENTITIES):
            sources[node] = inputs
        elif node in shapes:
            kind, operation = kind_of(node, module)
            place = node.target if module else f"{owner(node)}.{operation}".lstrip(".")
            name = _unique(place, {INPUT, *layers})
            sources[node], nodes[name] = (name,), node
            layers[name] = Layer(name, kind, operation, inputs, shapes[node], module)
    return TracedNetwork(graph, layers, nodes, shape)


def _unique(name: str, taken: set[str]) -> str:
    number, found = 0, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


@torch.inference_mode()
def _shapes(
    graph: fx.GraphModule, shape: tuple[int, int, int]
) -> tuple[dict[fx.Node, tuple[int, ...]], set[fx.Node]]:
    """(C, H, W) of what each node computes, if that is a tensor of the batch.

    And the nodes that give several tensors, as chunk and split do.
    """
    found: dict[fx.Node, tuple[int, ...]] = {}
    several: set[fx.Node] = set()

    class Shapes(fx.Interpreter):
        def run_node(self, node):
            value = super().run_node(node)
            if isinstance(value, Tensor) and value.ndim > 1 and node.op != "get_attr":
                found[node] = tuple(value.shape[1:])
            elif isinstance(value, tuple | list) and any(isinstance(v, Tensor) for v in value):
                several.add(node)
            return value

    tensor = next(chain(graph.parameters(), graph.buffers()), torch.zeros(()))
    try:
        Shapes(graph).run(torch.zeros(1, *shape, dtype=tensor.dtype, device=tensor.device))
    except Exception as error:
        raise ValueError(
            f"the network cannot be run with pictures of shape {shape}: {_first_sentence(error)}"
        ) from error
    return found, several
