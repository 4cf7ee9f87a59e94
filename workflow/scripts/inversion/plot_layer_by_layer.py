"""Errors of each convolution's input against the equations that there are for its non-zeros."""

from pathlib import Path

from machinery import job
from machinery.files import read_csv
from paper.printing.plotting import COLOURS, save, subplots

STYLES = {
    "alone": ("alone, its outputs known", "o", COLOURS["learned"]),
    "chain": ("from the last layer back", "s", COLOURS["gaussian"]),
}


def plot_layer_by_layer(errors: Path, network: str, last: str, figures: list[Path]) -> None:
    rows = read_csv(errors)
    layers = list(rows["layer"].unique())
    figure, (above, below) = subplots(
        *(2, 1), (max(4.0, 1.2 + 0.45 * len(layers)), 4.2), sharex=True, height_ratios=(2, 1)
    )
    for how, (label, marker, colour) in STYLES.items():
        means = rows[rows["how"] == how].groupby("layer")["error"].mean().reindex(layers)
        above.plot(range(len(layers)), means, marker=marker, color=colour, ms=4, label=label)
    above.axhline(1, color=COLOURS["noise"], lw=0.8, ls=":")
    above.set(ylabel="relative error of the input", yscale="log")
    above.legend()
    alone = rows[rows["how"] == "alone"].groupby("layer").mean(numeric_only=True).reindex(layers)
    below.bar(range(len(layers)), alone["equations"] / alone["nonzeros"], color=COLOURS["theory"])
    below.axhline(1, color=COLOURS["noise"], lw=0.8, ls=":")
    below.set(ylabel="equations\na non-zero", xlabel=f"convolution undone, {network} from {last}")
    below.set_xticks(range(len(layers)), layers, rotation=90)
    save(figure, figures)


if "snakemake" in globals():
    job.run(snakemake, plot_layer_by_layer)
