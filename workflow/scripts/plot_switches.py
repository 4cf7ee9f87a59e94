"""One photograph decoded with right and wrong switches, from right and wrong activations."""

from contextlib import ExitStack
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cnninvert import job
from cnninvert.methods import picture_errors
from cnninvert.plotting import save

COLUMNS = {
    None: "photograph",
    "original": "its activation,\nits switches",
    "shuffled": "its activation,\nshuffled switches",
    "others": "its activation,\nanother's switches",
    "constant": "constant activation,\nits switches",
    "noise": "Gaussian activation,\nits switches",
}


def main(snakemake):
    errors = {
        Path(path).stem.split("-")[0]: picture_errors(path) for path in snakemake.input.errors
    }
    errors = pd.concat(errors, names=["layer"]).reset_index("layer")
    with ExitStack() as stack:
        photographs = stack.enter_context(h5py.File(snakemake.input.photographs))
        layers = {
            Path(path).stem.split("-")[0]: stack.enter_context(h5py.File(path))
            for path in snakemake.input.pictures
        }
        names = [name.decode() for name in photographs["test_path"]]
        # Figure 4's order: its first row, unless its setting asks for certain photographs.
        number = np.random.default_rng([snakemake.params.seed, 4]).permutation(len(names))[0]
        errors = errors[errors["image"] == names[number]]
        shown = errors[errors["bank"] == 0].set_index(["layer", "method"])["error"]
        size = (1.45 * len(COLUMNS), 1.6 * len(layers) + 0.3)
        figure, axes = plt.subplots(len(layers), len(COLUMNS), figsize=size, squeeze=False)
        for axis, title in zip(axes[0], COLUMNS.values(), strict=True):
            axis.set_title(title, fontsize=8)
        for row, (layer, pictures) in zip(axes, layers.items(), strict=True):
            for axis, method in zip(row, COLUMNS, strict=True):
                source = photographs["test"] if method is None else pictures[method]
                axis.imshow(source[number].transpose(1, 2, 0))
                axis.set(xticks=[], yticks=[])
                axis.spines[:].set_visible(False)
                if method is None:
                    axis.set_ylabel(f"pool({layer[4:]})", fontsize=8)
                else:
                    axis.set_xlabel(f"{shown[layer, method]:.2f}", fontsize=7, labelpad=1)
    save(figure, snakemake.output)


if "snakemake" in globals():
    job.run(snakemake, main)
