"""Traced graphs brought into one form: every convolution a module, with its batch norm in it."""

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


def name_functional_convolutions(graph: fx.GraphModule) -> None:
    """Make modules of calls of ``F.conv2d`` with the filters of the module that they stand in."""
    for node in list(graph.graph.nodes):
        if node.op != "call_function" or node.target not in (F.conv2d, torch.conv2d):
            continue
        given = dict(zip(("input", "weight", "bias"), node.args[:3], strict=False))
        given |= dict(zip(GEOMETRY, node.args[3:], strict=False))
        given |= node.kwargs
        tensors = [given.get(name) for name in ("weight", "bias")]
        if any(each is not None and each.op != "get_attr" for each in tensors):
            continue  # computed filters
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
        # The module's own name, if it is nothing but that convolution.
        name = owner(node)
        calls = [each.target for each in graph.graph.nodes if each.op == "call_module"]
        if not name or any(f"{call}.".startswith(f"{name}.") for call in calls):
            name = f"{name}.conv2d".lstrip(".")
        graph.add_submodule(name, conv.eval())
        with graph.graph.inserting_after(node):
            new = graph.graph.call_module(name, (given["input"],))
        new.meta = dict(node.meta)
        node.replace_all_uses_with(new)
        graph.graph.erase_node(node)
        for each in tensors:
            if each is not None and not each.users:
                graph.graph.erase_node(each)


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
        if alone and isinstance(conv, nn.Conv2d) and norm.track_running_stats:
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
