"""Images a second in training Table 1's networks: our engine beside a plain PyTorch loop.

.venv/bin/python benchmarks/classify.py --output classify.csv --plot classify.png

Both train the same network from the same weights, with the same loss, optimiser, augmentation and
batch. The defaults are the final training of config.yaml: of N epochs of M images. Steps are timed
for some seconds at their steady rate, in turns, and the fastest of the turns counts; what our
engine does once, before the first step, is timed for all M images, and an engine's rate is N M
images over the time of all: once + N M / steady rate. The plain loop has nothing to do once and
gets the best of several counts of workers. Pixels and labels are random: the time does not depend
on them, and nothing need be downloaded.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count, product
from pathlib import Path

import pandas as pd
import torch
import yaml
from matplotlib.ticker import LogLocator, NullLocator
from torch import Tensor

from peers import report  # and with it the path to the library

# isort: split
from machinery.errors import InputError
from machinery.files import atomic_write
from paper.device import computing_type
from paper.printing.plotting import save, subplots
from paper.seeds import generator
from paper.table1.architecture import CLASSES, COLOURS, SIDE, Architecture, affordable
from paper.table1.constants import is_cacheable
from paper.table1.images import Images, normalise
from paper.table1.optimisation import Task, Training
from paper.table1.recipe import Recipe
from peers.timing import Clock, chosen_device
from plain_classifier import Pictures, PlainTraining, sequential
from roofline import measure

CONFIG = Path(__file__).parents[1] / "config.yaml"
OURS, PLAIN = "cnninvert", "plain"
KEY = ["configuration", "filters"]
COLUMNS = ["device", *KEY, "engine", "images_per_second", "steady_images_per_second"]
COLUMNS += ["constants_seconds", "precision", "tf32", "share_of_limit", "threads", "workers"]
WARM_UP, CHUNK = 5, 5  # steps before the clock starts, and between two looks at it
ENDLESS = 10**6  # epochs of the schedule, so that no measurement comes to its end


def arguments(values: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add, flag = parser.add_argument, argparse.BooleanOptionalAction
    add("--output", type=Path, required=True, help="CSV, a row for each engine and network")
    add("--plot", type=Path, help="images a second (PNG or PDF)")
    add("--device", choices=["auto", "cpu", "cuda"], default="auto")
    add("--configurations", nargs="+", help="layers x size x size x channels, say 2x5x5x64")
    add("--filters", nargs="+", choices=["random", "learned"], default=["random", "learned"])
    add("--threads", type=int, default=torch.get_num_threads(), help="of torch")
    add("--workers", nargs="+", type=int, default=[0, 2], help="of the plain DataLoader (0 2)")
    add("--seconds", type=float, default=2, help="of each measurement (2)")
    add("--repeat", type=int, default=2, help="turns; the fastest counts (2)")
    add("--tf32", action=flag, default=True, help="in float32 on a GPU, as is torch's default")
    section = yaml.safe_load(CONFIG.read_text())["table1"]
    for name in ("layers", "sizes", "channels"):
        add(f"--{name}", nargs="+", type=int, default=section[name])
    add("--multiply-adds", type=float, default=section["multiply_adds"], help="millions, at most")
    add("--images", type=int, default=section["train_images"])
    add("--epochs", type=int, default=section["final_epochs"])
    add("--batch", type=int, default=section["batch"])
    for name in ("learning_rate", "filter_rate", "smoothing"):
        add(f"--{name.replace('_', '-')}", type=float, default=section[name])
    add("--flips", action=flag, default=section["flips"])
    add("--shifts", type=int, default=section["shifts"])
    add("--cache-gb", type=float, default=section["cache_gb"])
    add("--precision", default=section["precision"], help="of our engine; plain has float32")
    return parser.parse_args(values)


@dataclass(frozen=True)
class Data:
    """``pixels`` (M, 3, 32, 32) uint8 and ``labels`` (M,) on the CPU; ``images``: normalised, on
    the device and in the type of our engine."""

    pixels: Tensor
    labels: Tensor
    images: Images


def main(values: list[str] | None = None) -> None:
    options = arguments(values)
    configurations, device = _configurations(options), chosen_device(options.device)
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = options.tf32
    data = random_data(options.images, device, computing_type(device, options.precision))
    recipe = Recipe.of(vars(options) | {"mirrored": False})
    types = {OURS: data.images.pixels.dtype, PLAIN: torch.float32}
    limits = {engine: measure(device, dtype).multiply_adds for engine, dtype in types.items()}
    print(report.machine(device, ("torch", "torchvision")))
    print(
        f"{recipe.epochs} epochs of {options.images} images, batches of {recipe.batch}, flips "
        f"{'on' if options.flips else 'off'}, shifts {options.shifts}; {options.threads} threads "
        f"(load {os.getloadavg()[0]:.1f}), TF32 {'on' if _tf32(device) else 'off'}\n"
        + "\n".join(
            f"{engine}: {_name(types[engine])}, at most {limits[engine]:.3g} multiply-adds/s"
            for engine in types
        ),
        flush=True,
    )
    rows = []
    for layers, size, channels in configurations:
        for filters in options.filters:
            architecture = Architecture(filters, layers, size, channels)
            found = compare(architecture, data, recipe, options)
            for engine, run in found.items():
                rows.append(
                    {
                        "device": device.type,
                        "configuration": f"{layers}x{size}x{size}x{channels}",
                        "filters": filters,
                        "engine": engine,
                        **run,
                        "precision": _name(types[engine]),
                        "tf32": _tf32(device) and types[engine] == torch.float32,
                        "share_of_limit": run["images_per_second"]
                        * needed(architecture, data, recipe)
                        / limits[engine],
                        "threads": options.threads,
                    }
                )
                print(_line(rows[-1]), flush=True)
            frame = pd.DataFrame(rows, columns=COLUMNS)
            with atomic_write(options.output) as part:
                frame.to_csv(part, index=False, float_format="%.6g")
    print("\nimages a second\n" + ratios(frame).to_string(float_format="%.4g"))
    for filters, ratio in medians(frame).items():
        print(f"{filters}: {OURS} / {PLAIN} = {ratio:.2f}, the median over configurations")
    if options.plot:
        plot(frame, options.plot)


def random_data(images: int, device: torch.device, dtype: torch.dtype) -> Data:
    """As many ``images`` as CIFAR-10 would give, of noise."""
    random = generator(0)
    shape = (images, COLOURS, SIDE, SIDE)
    pixels = torch.randint(256, shape, dtype=torch.uint8, generator=random)
    labels = torch.randint(CLASSES, (images,), generator=random)
    return Data(pixels, labels, Images(normalise(pixels.to(device), dtype), labels.to(device)))


def compare(
    architecture: Architecture, data: Data, recipe: Recipe, options: argparse.Namespace
) -> dict[str, dict]:
    """Rates of both engines, measured in turns, so that both see the same load."""
    device = data.images.labels.device
    endless = replace(recipe, epochs=ENDLESS)
    clock = Clock(device)
    rows = torch.arange(len(data.labels), device=device)
    ours = Training(architecture, Task(data.images, rows), endless, seed=0)
    _ = ours.constants  # made at the first use
    once = clock.seconds()
    with torch.no_grad():
        # As trainings come to have. Our engine then also needs the minima of its windows.
        ours.network.layers[0].norm.weight[0] = -1
    pictures = Pictures(data.pixels, data.labels, recipe.augmentation)
    plain = PlainTraining(sequential(ours.network), pictures, endless)
    best = dict.fromkeys([(OURS, 0), *product([PLAIN], options.workers)], 0.0)
    steps = count()
    for _ in range(options.repeat):
        for engine, workers in best:
            if engine == OURS:
                rate = steady(lambda: ours.advance(next(steps)), options.seconds, device)
            else:
                batches = plain.batches(workers)
                rate = steady(lambda b=batches: plain.step(*next(b)), options.seconds, device)
                batches.close()
            best[engine, workers] = max(best[engine, workers], recipe.batch * rate)
    workers = max(options.workers, key=lambda each: best[PLAIN, each])
    images = recipe.epochs * len(data.labels)
    return {
        OURS: _run(images, best[OURS, 0], once, workers=0),
        PLAIN: _run(images, best[PLAIN, workers], 0.0, workers),
    }


def steady(step: Callable[[], None], seconds: float, device: torch.device) -> float:
    """Steps a second over at least ``seconds``, after a warm-up."""
    for _ in range(WARM_UP):
        step()
    clock, steps = Clock(device), 0
    while (passed := clock.seconds()) < seconds or not steps:
        for _ in range(CHUNK):
            step()
        steps += CHUNK
    return steps / passed


def needed(architecture: Architecture, data: Data, recipe: Recipe) -> int:
    """Multiply-adds that training needs for one image, whichever engine: all that the rule of
    ``is_cacheable`` allows is taken to be cached."""
    item = data.images.pixels.element_size()
    cached = is_cacheable(architecture, len(data.labels), recipe, recipe.epochs, item)
    return architecture.training_multiply_adds(cached)


def ratios(frame: pd.DataFrame) -> pd.DataFrame:
    """Images a second of both engines and their ratio, a row a configuration and filters."""
    table = frame.set_index([*KEY, "engine"])["images_per_second"].unstack()
    return table.assign(ratio=table[OURS] / table[PLAIN]).rename_axis(columns=None)


def medians(frame: pd.DataFrame) -> pd.Series:
    """The median ratio over configurations, for each kind of filters."""
    return ratios(frame)["ratio"].groupby("filters").median()


def plot(frame: pd.DataFrame, output: Path) -> None:
    """Images a second of both engines for each configuration, a panel for each kind of filters."""
    kinds = frame["filters"].unique()
    figure, axes = subplots(
        1, len(kinds), figsize=(1 + 3.4 * len(kinds), 3.2), sharey=True, squeeze=False
    )
    for panel, filters in zip(axes[0], kinds, strict=True):
        for engine, colour, marker in ((OURS, "#D55E00", "o"), (PLAIN, "#000000", "s")):
            part = frame[(frame["filters"] == filters) & (frame["engine"] == engine)]
            panel.semilogy(
                part["configuration"], part["images_per_second"], marker, color=colour, label=engine
            )
        panel.set_title(f"{filters} filters")
        panel.set_xlabel("layers x size x size x channels")
        panel.tick_params(axis="x", rotation=90)
        panel.grid(True, color="#e6e6e6", linewidth=0.6)
        panel.set_axisbelow(True)
    axes[0, 0].set_ylabel("images a second")
    axis = axes[0, 0].yaxis
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:,.0f}")
    axis.set_minor_locator(NullLocator())
    axes[0, 0].legend()
    save(figure, [output])


def _run(images: int, rate: float, once: float, workers: int) -> dict[str, float]:
    return {
        "images_per_second": images / (once + images / rate),
        "steady_images_per_second": rate,
        "constants_seconds": once,
        "workers": workers,
    }


def _configurations(options: argparse.Namespace) -> list[tuple[int, int, int]]:
    """Layers, size and channels of each."""
    if options.configurations is None:
        grid = product(options.layers, options.sizes, options.channels)
        return [
            shape
            for shape in grid
            if affordable(Architecture("learned", *shape), options.multiply_adds)
        ]
    found = []
    for text in options.configurations:
        parts = text.split("x")
        if len(parts) != 4 or not all(part.isdecimal() for part in parts) or parts[1] != parts[2]:
            raise InputError(f"--configurations: {text} is not like 2x5x5x64.")
        found.append((int(parts[0]), int(parts[1]), int(parts[3])))
    return found


def _tf32(device: torch.device) -> bool:
    return device.type == "cuda" and torch.backends.cudnn.allow_tf32


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _line(row: dict) -> str:
    once = row["constants_seconds"]
    return (
        f"  {row['configuration']:10} {row['filters']:8} {row['engine']:10} "
        f"{row['images_per_second']:9.0f} images/s, {100 * row['share_of_limit']:5.1f} % of the "
        f"limit (steady {row['steady_images_per_second']:.0f}, once {once:.2f} s, "
        f"{row['workers']} workers)"
    )


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"{Path(__file__).name}: {error}")
