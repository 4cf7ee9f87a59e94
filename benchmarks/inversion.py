"""Pictures from a layer's values: our inversion beside its peers, error against seconds.

.venv/bin/python benchmarks/inversion.py --folder results/data/photographs --output inversion.csv \\
    --weights results/data/weights/vgg16-torchvision.safetensors --plot inversion.png

The same network, layers, photographs and threads for all. Each method has ``--seconds`` for a
photograph. Peers know the values alone, which is what they can use; ours are shown with switches,
too. Peers that are not installed are left out with a sentence: ./install.sh bench installs them.
"""

import argparse
from pathlib import Path

import matplotlib
import pandas as pd
import torch
from safetensors.torch import load_file

from peers import report  # and with it the path to the library

# isort: split
from cnninvert import trace
from cnninvert.networks.models import build
from cnninvert.networks.parameters import set_state
from cnninvert.networks.preprocessing import Preprocessing
from peers.inverters import METHODS, Task, measure

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {"ours": "#2a5c8a", "plenoptic": "#d1751f", "bdpy": "#3d8a5c"}
DASHES = {"values": "-", "values, switches": ":", "switches": "--"}


def arguments(values: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--network", default="vgg16")
    add("--weights", type=Path, required=True, help="a safetensors file")
    add("--folder", type=Path, required=True, help="of photographs; the first ones are taken")
    add("--output", type=Path, required=True, help="CSV, a row a point")
    add("--plot", type=Path, help="PNG or PDF")
    add("--layers", nargs="+", default=["pool1", "pool2", "pool3", "pool4"])
    add("--photographs", type=int, default=2)
    add("--side", type=int, default=96, help="of the photographs, in pixels (96)")
    add("--seconds", type=float, default=60, help="for each photograph and method (60)")
    add("--threads", type=int, default=2)
    return parser.parse_args(values)


def main(values: list[str] | None = None) -> None:
    options = arguments(values)
    torch.set_num_threads(options.threads)
    print(report.machine(torch.device("cpu")), flush=True)
    module = build(options.network).requires_grad_(False)
    set_state(module, load_file(options.weights), options.weights)
    network = trace(module.to(memory_format=torch.channels_last), options.side)
    pictures = photographs(options.folder, options.photographs, options.side)
    rows: list[dict] = []
    for layer in options.layers:
        for number, x in enumerate(pictures):
            task = Task(network, Preprocessing(options.side), layer, x, options.seconds)
            for (name, known), method in METHODS.items():
                about = {"network": options.network, "layer": layer, "known": known}
                try:
                    points = list(measure(task, name, method))
                except ImportError as error:
                    print(f"{name} is left out: {error}; ./install.sh bench installs it.")
                    continue
                rows += [{**about, "method": name, "photograph": number, **p} for p in points]
                last = points[-1]
                print(
                    f"{layer} {number} {name} ({known}): {last['relative_error']:.4f} after "
                    f"{last['seconds']:.0f} s, values {last['activation_error']:.4f}",
                    flush=True,
                )
                pd.DataFrame(rows).to_csv(options.output, index=False)
    if options.plot:
        plot(pd.DataFrame(rows), options.plot)


def photographs(folder: Path, count: int, side: int) -> list[torch.Tensor]:
    """The middle squares of the first photographs, by name."""
    import numpy as np
    from PIL import Image, ImageOps

    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    found = []
    for path in files[:count]:
        image = ImageOps.fit(Image.open(path).convert("RGB"), (side, side))
        found.append(torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255)
    return found


def plot(table: pd.DataFrame, path: Path) -> None:
    layers = table["layer"].unique()
    figure, axes = plt.subplots(
        1, len(layers), figsize=(3.2 * len(layers), 3.2), sharey=True, squeeze=False
    )
    for axis, layer in zip(axes[0], layers, strict=True):
        of_layer = table[table["layer"] == layer]
        for (method, known), points in of_layer.groupby(["method", "known"], sort=False):
            for number, line in points.groupby("photograph"):
                colour = COLOURS.get(method, "#b8578f")
                label = f"{method} ({known})" if number == 0 else None
                axis.plot(
                    line["seconds"],
                    line["relative_error"],
                    DASHES[known],
                    color=colour,
                    label=label,
                    marker=".",
                    ms=4,
                    lw=1,
                )
        axis.set(xscale="log", yscale="log", xlabel="seconds", title=layer)
    axes[0, 0].set_ylabel("relative error of the pixels")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.set_layout_engine("constrained")
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
