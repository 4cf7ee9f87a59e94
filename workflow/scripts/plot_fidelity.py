"""Ours against the paper's numbers, one panel a table, in the closest reading of each."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from cnninvert import fidelity, job
from cnninvert.plotting import COLOURS, save

TITLES = {
    "table1": "Table 1: accuracy (%)",
    "table2": "Table 2: non-zeros (%)",
    "table3": "Table 3: coherence",
    "table4 activation space": "Table 4: activation space",
    "table4 image space": "Table 4: image space",
}
GAUSSIAN, NOISE = ("random filters", "random"), "random activations"


def main(snakemake):
    paper = fidelity.paper_numbers(Path(snakemake.input.paper))
    table = pd.read_csv(snakemake.input.fidelity)
    table = table[table["closest"]].merge(paper[["id", "group", "column", "row"]], on="id")
    summary = pd.read_csv(snakemake.input.readings)
    groups = [group for group in TITLES if group in set(table["group"])]
    figure, axes = plt.subplots(2, 3, figsize=(8, 5.6))
    for axis, group in zip(axes.flat, groups, strict=False):
        rows = table[table["group"] == group]
        draw(axis, rows)
        best = summary[(summary["group"] == group) & summary["closest"]].iloc[0]
        reading = best["reading"].replace(",", "\n")
        axis.set_title(TITLES[group])
        axis.text(
            *(0.03, 0.97, f"{reading}\nmean |deviation| {best['mad']:.3g}"),
            transform=axis.transAxes,
            va="top",
            fontsize=5.5,
            color="#555555",
        )
    for axis in axes.flat[len(groups) :]:
        axis.axis("off")
    for label, colour in (
        ("learned", COLOURS["learned"]),
        ("Gaussian", COLOURS["gaussian"]),
        ("noise", COLOURS["noise"]),
    ):
        axes.flat[-1].scatter([], [], s=16, color=colour, label=label)
    axes.flat[-1].plot([], [], color=COLOURS["paper"], lw=0.8, ls=":", label="equal")
    axes.flat[-1].legend(loc="center", title="filters or activations")
    save(figure, snakemake.output)


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
    limits = (low - pad, high + 4 * pad)
    axis.plot(limits, limits, color=COLOURS["paper"], lw=0.8, ls=":")
    axis.set(xlim=limits, ylim=limits, xlabel="paper", ylabel="ours", aspect="equal")


def colour(row) -> str:
    """Learned, Gaussian or noise, by the paper's row or column."""
    names = {row.row, row.column, row.column.removeprefix("image space ")}
    names.add(row.column.removeprefix("activation space "))
    if NOISE in names:
        return COLOURS["noise"]
    return COLOURS["gaussian"] if names & set(GAUSSIAN) else COLOURS["learned"]


if "snakemake" in globals():
    job.run(snakemake, main)
