"""Figure 4: photographs, and what the decoder makes of original and reconstructed activations."""

from fnmatch import fnmatch

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cnninvert import job
from cnninvert.errors import InputError
from cnninvert.plotting import save

COLUMNS = (
    (None, "(a) original\nphotograph"),
    ("original", "(b) original\nactivation"),
    ("learned_known", "(c) IHT,\nlearned filters"),
    ("gaussian_known", "(d) IHT,\nGaussian filters"),
    ("noise", "(e) Gaussian\nactivation"),
)


def main(snakemake):
    params = snakemake.params
    errors = pd.read_csv(snakemake.input.errors)
    shown = (errors["reference"] == "picture") & (errors["pixels"] == "unit")
    errors = errors[shown & (errors["bank"] == 0)]  # the pictures are of the first Gaussian bank
    errors = errors.set_index(["image", "method"])["error"]
    with (
        h5py.File(snakemake.input.photographs) as photographs,
        h5py.File(snakemake.input.pictures) as pictures,
    ):
        names = [name.decode() for name in pictures["paths"]]
        order = np.random.default_rng([params.seed, 4]).permutation(len(names))
        chosen = [n for n in order if fnmatch(names[n], params.photographs or "*")][: params.rows]
        if not chosen:
            raise InputError(
                f"config: figure4.photographs = {params.photographs}: no test photograph matches; "
                f"the first is {names[0]}."
            )
        size = (1.45 * len(COLUMNS), 1.45 * len(chosen) + 0.5)
        figure, axes = plt.subplots(len(chosen), len(COLUMNS), figsize=size, squeeze=False)
        for row, number in enumerate(chosen):
            for axis, (method, title) in zip(axes[row], COLUMNS, strict=True):
                source = photographs["test"] if method is None else pictures[method]
                axis.imshow(source[number].transpose(1, 2, 0))
                axis.set(xticks=[], yticks=[])
                axis.spines[:].set_visible(False)
                if row == 0:
                    axis.set_title(title, fontsize=8)
                if method is not None:
                    axis.set_xlabel(f"{errors[names[number], method]:.2f}", fontsize=7, labelpad=1)
    figure.suptitle(
        f"decoded from pool({params.layer}); below each picture its relative error", fontsize=8
    )
    save(figure, snakemake.output)


if "snakemake" in globals():
    job.run(snakemake, main)
