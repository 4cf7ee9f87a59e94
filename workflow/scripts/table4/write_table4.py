"""Table 4: relative errors of one IHT step, in image space and in activation space."""

from pathlib import Path

import pandas as pd

from cnninvert.networks.layers import title
from machinery import job
from machinery.files import read_tables
from paper.printing.tables import write_table
from paper.table4.methods import of_photographs
from paper.table4.readings import Reading
from paper.verdict import fidelity

METHODS = {"learned": "learned filters", "gaussian": "Gaussian filters", "noise": "noise"}


def write_table4(
    activation_space: list[Path],
    image_space: list[Path],
    paper: Path,
    weights: str,
    tables: list[Path],
) -> None:
    files = [path for path in activation_space if path.stem.rsplit("-", 1)[0] == weights]
    activation = read_tables(files).set_index(["layer", "filters", "reading"])
    image = of_photographs(read_tables(image_space))
    numbers = fidelity.paper_numbers(paper).set_index("id")["value"]
    rows = []
    for layer in image["layer"].unique():
        for decoder in image.loc[image["layer"] == layer, "decoder"].unique():
            decoded = image[image["decoder"] == decoder]
            for switches in ("known", "fixed"):
                rows.append(ours(layer, decoder, switches, activation, decoded))
        rows.append(printed(layer, numbers))
    table = pd.DataFrame(rows)
    if image["decoder"].nunique() == 1:
        table = table.drop(columns="decoder")
    write_table(table, tables, digits=3)


def ours(
    layer: str, decoder: str, switches: str, activation: pd.DataFrame, image: pd.DataFrame
) -> dict:
    """Our row for a layer: the mean over photographs, ± their standard deviation."""
    row = {
        "layer": title("vgg16", layer),
        "source": f"ours, {switches} switches",
        "decoder": decoder,
    }
    errors = image[image["layer"] == layer].groupby("method")["error"]
    methods = {"original": "original"} | {
        name if name == "noise" else f"{name}_{switches}": words for name, words in METHODS.items()
    }
    for method, words in methods.items():
        values = errors.get_group(method)
        row[f"image: {words}"] = f"{values.mean():.3f} ± {values.std():.3f}"
    reading = str(Reading(switches=switches))
    for filters, key, words in (
        ("learned", reading, "learned filters"),
        ("random", reading, "Gaussian filters"),
        ("activations", "noise of the same norm", "noise"),
        ("constant", "mean of the activation", "best constant"),
    ):
        found = activation.loc[(layer, filters, key)]
        row[f"activation: {words}"] = f"{found['error']:.3f} ± {found['spread']:.3f}"
    return row


def printed(layer: str, numbers: pd.Series) -> dict:
    """The paper's row."""
    row = {"layer": title("vgg16", layer), "source": "paper", "image: original": ""}
    names = {"learned filters": "learned_filters", "Gaussian filters": "random_filters"}
    names["noise"] = "random_activations"
    for space in ("image", "activation"):
        for words, name in names.items():
            row[f"{space}: {words}"] = f"{numbers[f'table4.{layer}.{space}_space_{name}']:.3f}"
    row["activation: best constant"] = ""
    return row


if "snakemake" in globals():
    job.run(snakemake, write_table4)
