"""Traced graphs brought into one form: every convolution a module, with its batch norm in it."""

from collections.abc import Collection
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cnninvert.operators import winograd

GEOMETRY = ("stride", "padding", "dilation", "groups")  # the last arguments of F.conv2d


def owner(node: fx.Node) -> str:
    """The name of the module in whose ``forward`` the node stands."""
    stack = node.meta.get("nn_module_stack") or {}
    return next(reversed(list(stack.values())))[0] if stack else ""


def plain_convolution(module: nn.Module | None) -> bool:
    """Whether ``module`` is a convolution that is computed as PyTorch's own are."""
    return (
        isinstance(module, nn.Conv2d)
        and type(module).forward is nn.Conv2d.forward
        and type(module)._conv_forward is nn.Conv2d._conv_forward
    )


def read_what_is_overwritten(graph: fx.GraphModule) -> None:
    """Let what reads a value after an operation in place take that operation's result.

    They are the same tensor, as long as nothing is put in the operation's place.
    """
    earlier: set[fx.Node] = set()
    for node in graph.graph.nodes:
        earlier.add(node)
        if node.all_input_nodes and _in_place(graph, node):
            source = node.all_input_nodes[0]
            for user in set(source.users) - earlier:
                user.replace_input_with(source, node)


def _in_place(graph: fx.GraphModule, node: fx.Node) -> bool:
    if node.op == "call_module":
        return bool(getattr(graph.get_submodule(node.target), "inplace", False))
    name = node.target if node.op == "call_method" else getattr(node.target, "__name__", "")
    if getattr(node.target, "__module__", "") == "_operator":
        return False  # and_, or_: names that Python reserves
    positional = node.target is F.relu and node.args[1:] == (True,)
    return name.endswith("_") or positional or node.kwargs.get("inplace") is True


def name_functional_convolutions(graph: fx.GraphModule) -> None:
    """Make modules of calls of ``F.conv2d`` with the filters of the module that they stand in."""
    found = {node: _arguments(node) for node in graph.graph.nodes if _is_convolution(node)}
    # All are read before any module takes the place of another.
    modules = {node: _convolution(graph, given) for node, given in found.items()}
    for node, given in found.items():
        tensors = {given[name] for name in ("weight", "bias") if given.get(name) is not None}
        name = _place(graph, node)
        graph.add_submodule(name, modules[node])
        with graph.graph.inserting_after(node):
            new = graph.graph.call_module(name, (given["input"],))
        new.meta = dict(node.meta)
        node.replace_all_uses_with(new)
        graph.graph.erase_node(node)
        for each in tensors:
            if not each.users:
                graph.graph.erase_node(each)


def _arguments(node: fx.Node) -> dict:
    given = dict(zip(("input", "weight", "bias", *GEOMETRY), node.args, strict=False))
    return given | node.kwargs


def _is_convolution(node: fx.Node) -> bool:
    """Whether it is one whose filters and biases are not computed."""
    if node.op != "call_function" or node.target not in (F.conv2d, torch.conv2d):
        return False
    tensors = (_arguments(node).get(name) for name in ("weight", "bias"))
    return all(each is None or each.op == "get_attr" for each in tensors)


def _convolution(graph: fx.GraphModule, given: dict) -> nn.Conv2d:
    tensors = (given.get(name) for name in ("weight", "bias"))
    weight, bias = (None if each is None else attribute(graph, each.target) for each in tensors)
    groups = given.get("groups", 1)
    conv = nn.Conv2d(
        *(weight.shape[1] * groups, weight.shape[0], tuple(weight.shape[2:])),
        *(given.get("stride", 1), given.get("padding", 0), given.get("dilation", 1), groups),
        bias=bias is not None,
        device="meta",
    )
    conv.weight = _parameter(weight)
    if bias is not None:
        conv.bias = _parameter(bias)
    return conv.eval()


def _place(graph: fx.GraphModule, node: fx.Node) -> str:
    """The name of the module that the convolution stands in, if it is nothing but that."""
    name = owner(node)
    targets = {
        each.target
        for each in graph.graph.nodes
        if each.op == "call_module" or (each.op == "get_attr" and {*each.users} - {node})
    }
    if name and not any(f"{target}.".startswith(f"{name}.") for target in targets):
        return name
    return unique(f"{name}.conv2d".lstrip("."), targets)


def unique(name: str, taken: Collection[str]) -> str:
    """``name``, with a number behind it if that is taken."""
    number, found = 0, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def _parameter(tensor: Tensor) -> nn.Parameter:
    """The tensor itself, or a buffer as what a convolution's filters must be."""
    return tensor if isinstance(tensor, nn.Parameter) else nn.Parameter(tensor, requires_grad=False)


def attribute(graph: fx.GraphModule, target: str) -> Tensor:
    """What a node of the kind get_attr stands for."""
    found = graph
    for name in target.split("."):
        found = getattr(found, name)
    return found


def fold_batch_norms(graph: fx.GraphModule) -> None:
    """Fold each batch norm into the convolution that alone it follows."""
    calls: dict[str, int] = {}
    for node in graph.graph.nodes:
        if node.op == "call_module":
            calls[node.target] = calls.get(node.target, 0) + 1
    read = {each.target.rpartition(".")[0] for each in graph.graph.nodes if each.op == "get_attr"}
    for node in list(graph.graph.nodes):
        if node.op != "call_module":
            continue
        norm = graph.get_submodule(node.target)
        if type(norm) is not nn.BatchNorm2d:
            continue
        (source,) = node.all_input_nodes
        if source.op != "call_module":
            continue
        conv = graph.get_submodule(source.target)
        alone = len(source.users) == 1 and calls[source.target] == calls[node.target] == 1
        alone = alone and not {source.target, node.target} & read
        # Filters that a parametrisation or a hook computes are no parameters.
        plain = plain_convolution(conv) and "weight" in conv._parameters
        hooks = any(each._forward_hooks or each._forward_pre_hooks for each in (conv, norm))
        if alone and plain and not hooks and norm.track_running_stats:
            graph.add_submodule(source.target, fuse_conv_bn_eval(conv, norm))
            node.replace_all_uses_with(source)
            graph.graph.erase_node(node)
            graph.delete_submodule(node.target)


def speed_up_convolutions(graph: fx.GraphModule) -> None:
    """Let convolutions be computed by Winograd's way where that pays."""
    for conv in graph.modules():
        if not isinstance(conv, nn.Conv2d) or conv.padding_mode != "zeros":
            continue
        # What forward calls, with the parameters as hooks have left them.
        if type(conv)._conv_forward is nn.Conv2d._conv_forward:
            geometry = {name: getattr(conv, name) for name in GEOMETRY}
            conv._conv_forward = partial(winograd.conv2d, **geometry)
