"""Table 2: the share of non-zeros after each layer of VGG-16."""

from pathlib import Path

import pandas as pd

from cnninvert.networks.layers import ARCHITECTURES
from machinery import job
from paper.printing.tables import write_table
from paper.verdict import fidelity


def write_table2(sparsity: list[Path], paper: Path, tables: list[Path]) -> None:
    printed = fidelity.paper_numbers(paper).set_index("id")["value"]
    table = pd.DataFrame(columns=["layer", "title", "images"])
    for path in sparsity:
        name = path.stem.removeprefix("vgg16-")
        columns = {"nonzeros": f"{name} (%)", "spread": f"{name} spread"}
        ours = pd.read_csv(path).rename(columns=columns)
        table = ours if table.empty else table.merge(ours, "outer", ["layer", "title", "images"])
    order = [layer.name for layer in ARCHITECTURES["vgg16"]]
    table = table.sort_values("layer", key=lambda names: names.map(order.index))
    table["paper (%)"] = [printed.get(f"table2.{layer}.non-zeros") for layer in table["layer"]]
    write_table(table.drop(columns="layer").rename(columns={"title": "layer"}), tables, digits=1)


if "snakemake" in globals():
    job.run(snakemake, write_table2)
