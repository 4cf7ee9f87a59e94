"""Table 2: the share of non-zeros after each layer of VGG-16."""

from pathlib import Path

import pandas as pd

from cnninvert import fidelity, job
from cnninvert.layers import ARCHITECTURES
from cnninvert.tables import write_table


def main(snakemake):
    paper = fidelity.paper_numbers(Path(snakemake.input.paper)).set_index("id")["value"]
    table = None
    for path in snakemake.input.sparsity:
        name = Path(path).stem.removeprefix("vgg16-")
        ours = pd.read_csv(path)
        columns = {"nonzeros": f"{name} (%)", "spread": f"{name} spread", "images": "images"}
        ours = ours.rename(columns=columns)
        if table is None:
            table = ours
        else:
            both = ["layer", "title", "images"]
            table = table.merge(ours, on=both, how="outer")
    order = [layer.name for layer in ARCHITECTURES["vgg16"]]
    table = table.sort_values("layer", key=lambda names: names.map(order.index))
    table["paper (%)"] = [paper.get(f"table2.{layer}.non-zeros") for layer in table["layer"]]
    table = table.drop(columns="layer").rename(columns={"title": "layer"})
    write_table(table, snakemake.output, digits=1)


if "snakemake" in globals():
    job.run(snakemake, main)
