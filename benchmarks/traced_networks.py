"""Traces CNNs of torchvision, compares outputs, time and adjoints with the modules themselves, and
counts the convolutions that the paper's theory is about.

python benchmarks/traced_networks.py [--size 128] [--output docs/networks/networks.csv]
"""

import argparse
import time
import warnings
from collections import deque
from dataclasses import replace

import pandas as pd
import torch
from torch import nn

import peers  # noqa: F401  the path to the library

# isort: split
from cnninvert import Convolution, trace
from cnninvert.networks.graph import Layer, TracedNetwork
from cnninvert.networks.models import build
from paper.network.places import places, regions_after

NAMES = [
    *("vgg11", "vgg16", "vgg19", "vgg13_bn", "vgg16_bn"),
    *("alexnet", "resnet18", "resnet34", "resnet50", "resnet101"),
    *("wide_resnet50_2", "resnext50_32x4d", "densenet121", "densenet169", "squeezenet1_0"),
    *("squeezenet1_1", "googlenet", "inception_v3", "mobilenet_v2", "mobilenet_v3_small"),
    *("mobilenet_v3_large", "mnasnet0_5", "mnasnet1_0", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0"),
    *("regnet_x_400mf", "regnet_x_800mf", "regnet_y_400mf", "efficientnet_b0", "efficientnet_b1"),
    *("efficientnet_v2_s", "convnext_tiny", "convnext_small"),
]


def seeded(name: str) -> nn.Module:
    """A network of torchvision's with random weights."""
    torch.manual_seed(0)
    return random_norms(build(f"torchvision:{name}"))


def random_norms(module: nn.Module) -> nn.Module:
    """``module``, to be evaluated, with batch norms that change what they get."""
    torch.manual_seed(0)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.normal_(std=0.1)
            norm.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, std=0.1)
    return module.eval()


def measured(name: str, size: int) -> dict:
    """A row of the table."""
    module = seeded(name)
    started = time.perf_counter()
    try:
        network = trace(module, size)
    except ValueError as error:
        return {"network": name, "refused": str(error)}
    seconds = time.perf_counter() - started
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = module(x)
        *_, last = network.run(x)
        # What a layer gives is let go, as the module does.
        times = _best(lambda: module(x), lambda: deque(network.run(x), maxlen=0))
    activations = network.of_kind("activation")
    relu = sum(map(is_relu, activations))
    return {
        "network": name,
        "convolutions": len(network.convolutions),
        "activations": len(activations),
        "of them ReLU": relu,
        "max-pools": len(network.of_kind("max_pool")),
        **coverage(network),
        "difference": float((last.values - expected).norm() / expected.norm()),
        "adjoint": max(adjoint_error(network.operator(each.name)) for each in network.convolutions),
        "seconds to trace": seconds,
        "time ratio": times[1] / times[0],
    }


def coverage(network: TracedNetwork) -> dict[str, int]:
    """How many convolutions are followed by nothing but a ReLU; and then by a pooling of regions
    that tile, as in the theory; and how many take an activation, which one step reconstructs."""
    rectified = [
        layer for layer in network.convolutions if any(map(is_relu, network.after(layer.name)))
    ]
    pooled = [layer for layer in rectified if regions_after(network, layer) is not None]
    return {
        "then ReLU": len(rectified),
        "then pooled": len(pooled),
        "one step": len(places(network)),
    }


def is_relu(layer: Layer) -> bool:
    return layer.kind == "activation" and layer.operation.lower().strip("_") == "relu"


def _best(*runs, repetitions: int = 15) -> list[float]:
    """The seconds of each, run in turn, so that what else the machine does befalls all of them."""
    found = [float("inf")] * len(runs)
    for _ in range(repetitions):
        for number, run in enumerate(runs):
            started = time.perf_counter()
            run()
            found[number] = min(found[number], time.perf_counter() - started)
    return found


def adjoint_error(w: Convolution) -> float:
    """|<W x, z> - <x, W^T z>| over the norms of x and z, in float64."""
    w = replace(w, filters=w.filters.double())
    x = torch.randn(1, *w.signal_shape, dtype=torch.float64)
    z = torch.randn(1, *w.code_shape, dtype=torch.float64)
    return float(abs((w(x) * z).sum() - (x * w.adjoint(z)).sum()) / (x.norm() * z.norm()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--output")
    parser.add_argument("names", nargs="*", default=NAMES)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    rows = []
    for name in options.names:
        rows.append(measured(name, options.size))
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    if options.output:
        table.to_csv(options.output, index=False, float_format="%.3g")


if __name__ == "__main__":
    main()
