"""Figure 4: photographs, and what the decoder makes of original and reconstructed activations."""

from cnninvert import job, picture_rows
from cnninvert.hdf5 import NAMES, PICTURES, read_hdf5, read_photographs
from cnninvert.layers import title
from cnninvert.methods import picture_errors
from cnninvert.picture_rows import Row


def main(snakemake):
    layer, switches = snakemake.wildcards.layer, snakemake.wildcards.switches
    params = snakemake.params
    titles = picture_rows.columns(switches)
    errors = picture_errors(snakemake.input.errors)
    # The pictures are of the first Gaussian bank; means, as in Table 4, are over all.
    shown = errors[errors["bank"] == 0].set_index(["image", "method"])["error"]
    spread = errors.groupby("method")["error"].agg(["mean", "std"])
    decoded = [method for method in titles if method in spread.index]
    expected = {"paths": NAMES, **dict.fromkeys(decoded, PICTURES)}
    with (
        read_photographs(snakemake.input.photographs, "test") as photographs,
        read_hdf5(snakemake.input.pictures, expected) as pictures,
    ):
        names = [name.decode() for name in pictures["paths"]]
        rows = [
            Row(
                {"photograph": photographs["test"][number]}
                | {method: pictures[method][number] for method in decoded},
                shown[names[number]].to_dict(),
            )
            for number in picture_rows.choose(names, params.photographs, params.rows, params.seed)
        ]
    foot = (
        f"Decoded from VGG-16's {title('vgg16', layer)}, {switches} switches. "
        "Below each picture its relative error; below the titles\n"
        f"its mean ± standard deviation over all {len(names)} test photographs, "
        "for (d) over all filter banks, too; the first is shown."
    )
    notes = {name: f"{mean:.3f} ± {std:.3f}" for name, mean, std in spread.itertuples()}
    picture_rows.save(picture_rows.draw(rows, titles, notes, foot), snakemake.output)


if "snakemake" in globals():
    job.run(snakemake, main)
