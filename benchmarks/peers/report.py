"""What the benchmark prints, writes and draws."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import mean

import matplotlib.pyplot as plt
import pandas as pd
import torch

from machinery.files import atomic_write
from paper.printing.plotting import save, subplots
from peers.registry import OURS, SOLVERS
from peers.timing import Run

COLUMNS = [
    "problem",
    "lambda_fraction",
    "solver",
    "seconds_per_sample",
    "relative_gap",
    "iterations",
]
KEY = ["problem", "lambda_fraction"]
PACKAGES = ("torch", "numpy", "scipy", "pyproximal", "pylops", "deepinv", "sporco")
PACKAGES += ("scikit-learn", "celer")

# Okabe and Ito's colours, which colour-blind readers tell apart.
STYLES = {
    OURS: ("#D55E00", "-", "o"),
    "fista-restart": ("#000000", "-", "s"),
    "fista": ("#000000", ":", None),
    "pyproximal": ("#0072B2", "-", "^"),
    "pylops": ("#56B4E9", "-", "v"),
    "deepinv": ("#009E73", "-", "D"),
    "sporco": ("#CC79A7", "-", "P"),
    "scikit-learn": ("#E69F00", "-", "X"),
    "celer": ("#8C7B00", "--", "*"),
}
MARKER = {"markersize": 7, "markeredgecolor": "white", "markeredgewidth": 0.6}


def row(problem: str, fraction: float, solver: str, run: Run) -> dict:
    """A row of the CSV: seconds and iterations are means over the samples, the gap the largest."""
    values = (problem, fraction, solver, run.seconds, float(run.gaps.max()), mean(run.iterations))
    return dict(zip(COLUMNS, values, strict=True))


def write(rows: list[dict], output: Path) -> None:
    """The CSV, with exactly ``COLUMNS``."""
    with atomic_write(output) as part:
        pd.DataFrame(rows, columns=COLUMNS).to_csv(part, index=False, float_format="%.6g")


def machine(device: torch.device, packages: tuple[str, ...] = PACKAGES) -> str:
    """Processor, threads' limit and versions, in one line."""
    name = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = models[0].split(":", 1)[1].strip() if models else name
    parts = [f"{name}, {os.cpu_count()} cores", f"Python {platform.python_version()}"]
    if device.type == "cuda":
        tf32 = "on" if torch.backends.cudnn.allow_tf32 else "off"
        parts.insert(0, f"{torch.cuda.get_device_name(device)}, TF32 {tf32}")
    for package in packages:
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"no {package}")
    return "; ".join(parts)


def table(rows: list[dict], gap: float) -> str:
    """All rows, each with its time as a multiple of ours; ">" where the gap was not reached."""
    frame = pd.DataFrame(rows, columns=COLUMNS)
    ours = frame[frame["solver"] == OURS].set_index(KEY)["seconds_per_sample"]
    lines = [f"{'problem':12} {'λ/λmax':>7} {'solver':14} {'ms/sample':>10} {'ratio':>7} "
             f"{'gap':>8} {'iterations':>10}"]  # fmt: skip
    for each in frame.itertuples():
        base = ours.get((each.problem, each.lambda_fraction))
        late = ">" if each.relative_gap > 1.01 * gap else " "
        ratio = "" if base is None else f"{late}{each.seconds_per_sample / base:.2f}"
        lines.append(
            f"{each.problem:12} {each.lambda_fraction:7g} {each.solver:14} "
            f"{late + format(1e3 * each.seconds_per_sample, '.2f'):>10} {ratio:>7} "
            f"{each.relative_gap:8.1e} {each.iterations:10.1f}"
        )
    return "\n".join(lines)


def plot(curves: dict[tuple[str, float, str], Run], gap: float, output: Path) -> None:
    """Gap against time, a panel for each problem and lambda.

    A marker stands at the end of each curve, or at the rim if that lies below.
    """
    problems = list(dict.fromkeys(problem for problem, _, _ in curves))
    fractions = list(dict.fromkeys(fraction for _, fraction, _ in curves))
    figure, axes = subplots(
        len(problems),
        len(fractions),
        figsize=(1 + 3.2 * len(fractions), 0.5 + 2.7 * len(problems)),
        sharex="row",
        sharey=True,
        squeeze=False,
    )
    for (problem, fraction, solver), run in curves.items():
        panel = axes[problems.index(problem), fractions.index(fraction)]
        colour, line, marker = STYLES[solver]
        points = [(seconds, value) for seconds, value in run.curve if value > 0 and seconds > 0]
        if not points:
            continue
        width, layer = (2.2, 4) if solver == OURS else (1.2, 3)
        panel.loglog(*zip(*points, strict=True), line, color=colour, linewidth=width, zorder=layer)
        if marker:
            seconds, value = points[-1]
            end = (seconds, max(value, gap / 4))
            panel.plot(*end, marker, color=colour, zorder=layer + 2, **MARKER)
    for i, problem in enumerate(problems):
        for j, fraction in enumerate(fractions):
            panel = axes[i, j]
            panel.axhline(gap, color="#888888", linewidth=0.8, zorder=0)
            panel.set_title(f"{problem}, λ = {fraction:g} λmax")
            panel.grid(True, color="#e6e6e6", linewidth=0.6)
            panel.set_axisbelow(True)
    axes[0, 0].set_ylim(gap / 5, 1.3)
    for panel in axes[-1]:
        panel.set_xlabel("seconds a sample")
    for panel in axes[:, 0]:
        panel.set_ylabel("relative duality gap (largest)")
    shown = [name for name in SOLVERS if any(key[2] == name for key in curves)]
    handles = [
        plt.Line2D([], [], color=STYLES[name][0], linestyle=STYLES[name][1], marker=STYLES[name][2],
                   linewidth=2.2 if name == OURS else 1.2, label=name, **MARKER)
        for name in shown
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside right center", handlelength=3)
    save(figure, [output])
