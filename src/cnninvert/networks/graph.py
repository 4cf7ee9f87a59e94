"""A traced network: its layers by name, and how they are run."""

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

import torch.nn.functional as F
from torch import Tensor, fx, nn

from cnninvert.networks.kinds import Kind
from cnninvert.networks.layer_operator import module_operator
from cnninvert.networks.rewriting import attribute, plain_convolution
from cnninvert.operators.convolution import Convolution
from cnninvert.operators.regions import Regions

INPUT = "input"  # what the network's input is called among a layer's inputs


@dataclass(frozen=True, eq=False)
class Layer:
    """One operation of a network, as the user's module names it.

    ``operation``: the module's class or the function, for example ReLU6. ``inputs``: the layers
    whose outputs it takes, or ``INPUT``. ``shape``: (C, H, W) of its output for one picture.
    ``module``: PyTorch's, for what is one; its parameters are the network's own, but for batch
    norms that have been folded into the convolution before them.
    """

    name: str
    kind: Kind
    operation: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    module: nn.Module | None


@dataclass(frozen=True, eq=False)
class Output:
    """What ``layer`` computed: ``values`` (B, C, H, W).

    ``indices`` (B, C, h, w): of a max-pooling, where each maximum was in the flattened map that it
    pooled; where they were asked for.
    """

    layer: Layer
    values: Tensor
    indices: Tensor | None = None


class TracedNetwork:
    """A feed-forward network as named layers; made by ``tracing.trace``.

    ``layers``: by name, in the order in which they run. ``input_shape``: (C, H, W). ``graph``: the
    torch.fx module that is run. It shares what is not a folded batch norm's with the module that
    was traced, so move or cast a copy, as ``double`` does.
    """

    def __init__(
        self,
        graph: fx.GraphModule,
        layers: dict[str, Layer],
        nodes: dict[str, fx.Node],
        input_shape: tuple[int, int, int],
    ) -> None:
        self.graph, self.layers, self.input_shape = graph, layers, input_shape
        self._nodes = nodes
        names = {node: name for name, node in nodes.items()}
        # Looked up once: for small pictures this takes as long as the arithmetic.
        self._steps = {
            node: (layers.get(names.get(node, "")), _callable(graph, node))
            for node in graph.graph.nodes
        }
        self._last_use = _last_uses(graph)

    def __call__(self, x: Tensor) -> Tensor:
        """The outputs of the module, for ``x`` (B, C, H, W)."""
        return self.graph(x)

    def double(self) -> "TracedNetwork":
        """A copy in double precision."""
        other = copy.deepcopy(self)
        other.graph.double()
        return other

    def detached(self) -> "TracedNetwork":
        """A copy with the same parameters, of which no gradients are taken."""
        tensors = {id(each): each for each in self.graph.buffers()}
        for each in self.graph.parameters():
            tensors[id(each)] = nn.Parameter(each.detach(), requires_grad=False)
        return copy.deepcopy(self, tensors)

    def of_kind(self, *kinds: Kind) -> list[Layer]:
        """The layers of these kinds, in order."""
        return [layer for layer in self.layers.values() if layer.kind in kinds]

    def shape_before(self, name: str) -> tuple[int, ...]:
        """(C, H, W) of what the layer ``name`` takes; of the first, if it takes more."""
        source = self.layer(name).inputs[0]
        return self.input_shape if source == INPUT else self.layers[source].shape

    def after(self, name: str) -> list[Layer]:
        """The layers that take the output of the layer ``name``."""
        return [layer for layer in self.layers.values() if name in layer.inputs]

    @property
    def convolutions(self) -> list[Layer]:
        """All convolutions, in order."""
        return self.of_kind("convolution")

    def layer(self, name: str) -> Layer:
        """The layer called ``name``; ValueError, with the nearest names, if there is none."""
        if name in self.layers:
            return self.layers[name]
        near = get_close_matches(name, self.layers, n=3, cutoff=0)
        raise ValueError(f"the network has no layer {name!r}; the nearest are {', '.join(near)}")

    def run(
        self,
        x: Tensor,
        keep: Collection[str] = (),
        last: str | None = None,
        indices: bool = False,
        replace: Mapping[str, Callable[[Tensor], Tensor]] | None = None,
    ) -> Iterator[Output]:
        """Run ``x`` (B, C, H, W) and yield each layer's output as it is computed, up to ``last``.

        Later layers may overwrite values in place, as in the module itself. What is to be used
        after the next output has come is named in ``keep``, and is copied. ``indices``: whether
        max-pools say where their maxima were. ``replace``: for layers with one input, what computes
        their output instead. Raises ValueError for unknown layers.
        """
        replace = replace or {}
        for name in {*keep, *replace, last} - {None}:
            self.layer(name)
        values: dict[fx.Node, object] = {}
        for node, (layer, call) in self._steps.items():
            if node.op == "output":
                return
            if layer and layer.name in replace:
                found, places = replace[layer.name](values[node.all_input_nodes[0]]), None
            elif node.op == "placeholder":
                found, places = x, None
            else:
                arguments, options = _look_up(node.args, values), _look_up(node.kwargs, values)
                if layer and indices and layer.kind == "max_pool":
                    found, places = _max_pool(layer.module, arguments, options)
                else:
                    found, places = call(*arguments, **options), None
            values[node] = found
            for used in self._last_use.get(node, ()):
                values.pop(used, None)
            if layer:
                yield Output(layer, found.clone() if layer.name in keep else found, places)
                if layer.name == last:
                    return
            del found

    def regions(self, name: str) -> Regions:
        """The regions of the max-pooling ``name``; ValueError for other layers."""
        layer = self.layer(name)
        if layer.kind != "max_pool":
            raise ValueError(f"{name} is no max-pooling")
        pool, node = layer.module, self._nodes[name]
        if not isinstance(pool, nn.MaxPool2d):
            # By name: the module has its arguments in another order than the function.
            names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
            given = dict(zip(names, node.args[1:], strict=False)) | node.kwargs
            pool = nn.MaxPool2d(**{name: given[name] for name in names if name in given})
        return Regions(pool, *self.shape_before(name)[1:])

    def operator(self, name: str, filters: Tensor | None = None) -> Convolution:
        """W of the convolution ``name``, with rows of unit norm and without its bias.

        ``filters``: in place of the learned ones. Of timm's Conv2dSame, W has the filters but not
        the padding. Raises ValueError for other layers, for convolutions that compute their filters
        and for those that pad with anything but zeros.
        """
        conv = self.layer(name).module
        if not isinstance(conv, nn.Conv2d):
            raise ValueError(f"{name} is no two-dimensional convolution")
        if not plain_convolution(conv) and type(conv).__name__ != "Conv2dSame":
            raise ValueError(f"{name}, a {type(conv).__name__}, is not computed as PyTorch's are")
        shape = self.shape_before(name)
        return module_operator(conv, shape[1:], filters)


def _callable(graph: fx.GraphModule, node: fx.Node) -> Callable:
    """What computes the node's value from its arguments."""
    match node.op:
        case "call_module":
            return graph.get_submodule(node.target)
        case "call_method":
            return lambda self, *rest, **options: getattr(self, node.target)(*rest, **options)
        case "get_attr":
            # Each time, since moving the network to a device puts other tensors there.
            return partial(attribute, graph, node.target)
    return node.target


def _look_up(arguments, values: Mapping[fx.Node, object]):
    """``arguments`` with the values of the nodes among them."""
    return fx.node.map_arg(arguments, values.__getitem__) if arguments else arguments


def _max_pool(module, arguments, options) -> tuple[Tensor, Tensor]:
    if isinstance(module, nn.MaxPool2d):
        geometry = (module.kernel_size, module.stride, module.padding, module.dilation)
        return F.max_pool2d(arguments[0], *geometry, module.ceil_mode, return_indices=True)
    return F.max_pool2d(*arguments, **{**options, "return_indices": True})


def _last_uses(graph: fx.GraphModule) -> dict[fx.Node, list[fx.Node]]:
    """For each node, the nodes whose values are used by it for the last time, or never."""
    last: dict[fx.Node, fx.Node] = {}
    for node in graph.graph.nodes:
        last[node] = node
        for used in node.all_input_nodes:
            last[used] = node
    found: dict[fx.Node, list[fx.Node]] = {}
    for used, node in last.items():
        found.setdefault(node, []).append(used)
    return found
