"""One photograph decoded with right and wrong switches, from right and wrong activations."""

from pathlib import Path

from cnninvert import job, picture_rows
from cnninvert.hdf5 import PICTURES, read_hdf5, read_photographs
from cnninvert.layers import title
from cnninvert.methods import picture_errors
from cnninvert.picture_rows import Row

COLUMNS = {
    "photograph": "original\nphotograph",
    "original": "its activation,\nits switches",
    "shuffled": "its activation,\nswitches shuffled",
    "others": "its activation,\nanother's switches",
    "constant": "constant activation,\nits switches",
    "noise": "Gaussian activation,\nits switches",
}


def main(snakemake):
    params, rows = snakemake.params, []
    with read_photographs(snakemake.input.photographs, "test") as photographs:
        names = [name.decode() for name in photographs["test_path"]]
        # Figure 4's first row.
        (number,) = picture_rows.choose(names, params.photographs, 1, params.seed)
        photograph = photographs["test"][number]
    for path, errors in zip(snakemake.input.pictures, snakemake.input.errors, strict=True):
        table = picture_errors(errors)
        table = table[(table["image"] == names[number]) & (table["bank"] == 0)]
        with read_hdf5(path, {"original": PICTURES}) as file:
            pictures = {method: file[method][number] for method in COLUMNS if method in file}
        rows.append(
            Row(
                {"photograph": photograph, **pictures},
                table.set_index("method")["error"].to_dict(),
                title("vgg16", Path(path).stem.split("-")[0]),
            )
        )
    foot = (
        "Decoded by VGG-16's decoders with known switches.\nBelow each picture its relative error."
    )
    picture_rows.save(picture_rows.draw(rows, COLUMNS, {}, foot), snakemake.output)


if "snakemake" in globals():
    job.run(snakemake, main)
