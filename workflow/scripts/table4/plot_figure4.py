"""Figure 4: photographs, and what the decoder makes of original and reconstructed activations."""

from pathlib import Path

from cnninvert.networks.layers import title
from machinery import job
from machinery.hdf5 import DECODED, NAMES, read_hdf5, read_photographs
from paper.table4 import picture_rows
from paper.table4.eight_bit import eight_bit
from paper.table4.methods import picture_errors
from paper.table4.picture_rows import Row


def plot_figure4(
    photographs: Path,
    pictures: Path,
    errors: Path,
    layer: str,
    switches: str,
    rows: int,
    pattern: str | None,
    seed: int,
    figures: list[Path],
) -> None:
    """``pattern``: what the names of the photographs must match; None for any."""
    titles = picture_rows.columns(switches)
    table = picture_errors(errors)
    shown = table.set_index(["image", "method"])["error"]
    spread = table.groupby("method")["error"].agg(["mean", "std"])
    decoded = [method for method in titles if method in spread.index]
    expected = {"paths": NAMES, **dict.fromkeys(decoded, DECODED)}
    with read_photographs(photographs, "test") as originals, read_hdf5(pictures, expected) as file:
        names = [name.decode() for name in file["paths"]]
        chosen = [
            Row(
                {"photograph": originals["test"][number]}
                | {method: eight_bit(file[method][number]) for method in decoded},
                shown[names[number]].to_dict(),
            )
            for number in picture_rows.choose(names, pattern, rows, seed)
        ]
    foot = (
        f"Decoded from VGG-16's {title('vgg16', layer)}, {switches} switches. "
        "Below each picture its relative error; below the titles\n"
        f"its mean ± standard deviation over all {len(names)} test photographs."
    )
    notes = {name: f"{mean:.3f} ± {std:.3f}" for name, mean, std in spread.itertuples()}
    picture_rows.save(picture_rows.draw(chosen, titles, notes, foot), figures)


if "snakemake" in globals():
    job.run(snakemake, plot_figure4)
