"""Ours against the paper's numbers, one panel a table, in the closest reading of each."""

import textwrap
from pathlib import Path

import pandas as pd
from matplotlib.ticker import MaxNLocator

from machinery import job
from paper.printing.plotting import COLOURS, save, subplots
from paper.verdict.fidelity import paper_numbers

TITLES = {
    "table1": "Table 1: accuracy (%)",
    "table2": "Table 2: non-zeros (%)",
    "table3": "Table 3: coherence",
    "table4 activation space": "Table 4: activation space",
    "table4 image space": "Table 4: image space",
}
WIDTH = 46  # letters of a line above a panel
GAUSSIAN, NOISE = ("random filters", "random"), "random activations"


def plot_fidelity(paper: Path, fidelity: Path, readings: Path, figures: list[Path]) -> None:
    numbers = paper_numbers(paper)
    table = pd.read_csv(fidelity)
    table = table[table["closest"]].merge(numbers[["id", "group", "column", "row"]], on="id")
    summary = pd.read_csv(readings)
    groups = [group for group in TITLES if group in set(table["group"])]
    figure, axes = subplots(2, 3, figsize=(8, 6.7))
    figure.get_layout_engine().set(h_pad=0.18)  # the layout does not know of the words above
    for axis, group in zip(axes.flat, groups, strict=False):
        draw(axis, table[table["group"] == group])
        best = summary[(summary["group"] == group) & summary["closest"]].iloc[0]
        reading = best["reading"].replace("=", " ").replace("_", " ").replace(",", ", ")
        words = f"{textwrap.fill(reading, WIDTH)}\nmean deviation {best['mad']:.3g}"
        axis.set_title(TITLES[group], loc="left", pad=6 + 7.5 * len(words.splitlines()))
        place = {"transform": axis.transAxes, "va": "bottom"}
        axis.text(0, 1.02, words, fontsize=6, color="#555555", **place)
    for axis in axes.flat[len(groups) :]:
        axis.axis("off")
    for name in ("learned", "gaussian", "noise"):
        words = "Gaussian" if name == "gaussian" else name
        axes.flat[-1].scatter([], [], s=16, color=COLOURS[name], label=words)
    axes.flat[-1].plot([], [], color=COLOURS["paper"], lw=0.8, ls=":", label="equal")
    axes.flat[-1].legend(loc="center", title="filters or activations")
    save(figure, figures)


def draw(axis, rows: pd.DataFrame) -> None:
    """Printed numbers across, ours up with their spread; the diagonal is equality."""
    colours = [colour(row) for row in rows.itertuples()]
    axis.errorbar(
        rows["paper"],
        rows["ours"],
        yerr=rows["spread"].fillna(0),
        fmt="none",
        ecolor="#bbbbbb",
        elinewidth=0.8,
    )
    axis.scatter(rows["paper"], rows["ours"], s=14, c=colours, zorder=3)
    low = min(rows["paper"].min(), rows["ours"].min())
    high = max(rows["paper"].max(), rows["ours"].max())
    pad = 0.08 * (high - low)
    limits = (low - pad, high + pad)
    axis.plot(limits, limits, color=COLOURS["paper"], lw=0.8, ls=":")
    axis.set(xlim=limits, ylim=limits, xlabel="paper", ylabel="ours", aspect="equal")
    for side in (axis.xaxis, axis.yaxis):  # the same ticks on both
        side.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def colour(row) -> str:
    """Learned, Gaussian or noise, by the paper's row or column."""
    names = {row.row, row.column, row.column.removeprefix("image space ")}
    names.add(row.column.removeprefix("activation space "))
    if NOISE in names:
        return COLOURS["noise"]
    return COLOURS["gaussian"] if names & set(GAUSSIAN) else COLOURS["learned"]


if "snakemake" in globals():
    job.run(snakemake, plot_fidelity)
