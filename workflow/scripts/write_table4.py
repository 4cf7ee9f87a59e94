"""Table 4: relative errors of one IHT step, in image space and in activation space."""

from pathlib import Path

import pandas as pd

from cnninvert import fidelity, job
from cnninvert.methods import of_photographs
from cnninvert.readings import Reading
from cnninvert.tables import write_table

METHODS = {"learned": "learned filters", "gaussian": "Gaussian filters", "noise": "noise"}


def main(snakemake):
    weights = snakemake.params.weights
    activation = pd.concat(
        [
            pd.read_csv(path)
            for path in snakemake.input.activation_space
            if Path(path).stem.rsplit("-", 1)[0] == weights
        ]
    ).set_index(["layer", "filters", "reading"])
    image = of_photographs(pd.concat([pd.read_csv(path) for path in snakemake.input.image_space]))
    paper = fidelity.paper_numbers(Path(snakemake.input.paper)).set_index("id")["value"]
    rows = []
    for layer in image["layer"].unique():
        for decoder in image["decoder"].unique():
            decoded = image[image["decoder"] == decoder]
            for switches in ("known", "fixed"):
                rows.append(ours(layer, decoder, switches, activation, decoded))
        rows.append(printed(layer, paper))
    table = pd.DataFrame(rows)
    if image["decoder"].nunique() == 1:
        table = table.drop(columns="decoder")
    write_table(table, snakemake.output, digits=3)


def ours(
    layer: str, decoder: str, switches: str, activation: pd.DataFrame, image: pd.DataFrame
) -> dict:
    """Our row for a layer: the mean over photographs, ± their standard deviation."""
    row = {
        "layer": f"pool({layer[4:]})",
        "source": f"ours, {switches} switches",
        "decoder": decoder,
    }
    errors = image[image["layer"] == layer].groupby("method")["error"]
    methods = {"original": "original"} | {
        name if name == "noise" else f"{name}_{switches}": title for name, title in METHODS.items()
    }
    for method, title in methods.items():
        values = errors.get_group(method)
        row[f"image: {title}"] = f"{values.mean():.3f} ± {values.std():.3f}"
    reading = str(Reading(switches=switches))
    for filters, key, title in (
        ("learned", reading, "learned filters"),
        ("random", reading, "Gaussian filters"),
        ("activations", "noise of the same norm", "noise"),
    ):
        found = activation.loc[(layer, filters, key)]
        row[f"activation: {title}"] = f"{found['error']:.3f} ± {found['spread']:.3f}"
    return row


def printed(layer: str, paper: pd.Series) -> dict:
    """The paper's row."""
    row = {"layer": f"pool({layer[4:]})", "source": "paper", "image: original": ""}
    names = {"learned filters": "learned_filters", "Gaussian filters": "random_filters"}
    names["noise"] = "random_activations"
    for space in ("image", "activation"):
        for title, name in names.items():
            row[f"{space}: {title}"] = f"{paper[f'table4.{layer}.{space}_space_{name}']:.3f}"
    return row


if "snakemake" in globals():
    job.run(snakemake, main)
