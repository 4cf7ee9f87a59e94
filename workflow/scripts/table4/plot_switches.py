"""One photograph decoded with right and wrong switches, from right and wrong activations."""

from pathlib import Path

from cnninvert.networks.layers import title
from machinery import job
from machinery.hdf5 import DECODED, NAMES, check_datasets, read_hdf5, read_photographs
from paper.table4 import picture_rows
from paper.table4.eight_bit import eight_bit
from paper.table4.methods import picture_errors
from paper.table4.picture_rows import Row

COLUMNS = {
    "photograph": "original\nphotograph",
    "original": "its activation,\nits switches",
    "shuffled": "its activation,\nswitches shuffled",
    "others": "its activation,\nanother's switches",
    "constant": "constant activation,\nits switches",
    "noise": "Gaussian activation,\nits switches",
}


def plot_switches(
    photographs: Path,
    pictures: list[Path],
    errors: list[Path],
    pattern: str | None,
    seed: int,
    figures: list[Path],
) -> None:
    """``pattern``: what the photograph's name must match; None for any."""
    with read_photographs(photographs, "test") as file:
        names = [name.decode() for name in file["test_path"]]
        # Figure 4's first row.
        (number,) = picture_rows.choose(names, pattern, 1, seed)
        photograph = file["test"][number]
    by_layer: dict[str, Row] = {}
    for path, scores in zip(pictures, errors, strict=True):
        layer = path.stem.split("-")[0]
        row = by_layer.setdefault(layer, Row({"photograph": photograph}, {}, title("vgg16", layer)))
        table = picture_errors(scores)
        table = table[table["image"] == names[number]]
        row.errors.update(table.set_index("method")["error"])
        with read_hdf5(path, {"paths": NAMES}) as file:
            shown = [method for method in COLUMNS if method in file]
            check_datasets(path, file, dict.fromkeys(shown, DECODED))
            row.pictures.update({method: eight_bit(file[method][number]) for method in shown})
    foot = (
        "Decoded by VGG-16's decoders with known switches.\nBelow each picture its relative error."
    )
    picture_rows.save(picture_rows.draw(list(by_layer.values()), COLUMNS, {}, foot), figures)


if "snakemake" in globals():
    job.run(snakemake, plot_switches)
