"""Every decoder and how well it decodes original activations: a row a decoder."""

import pandas as pd

from cnninvert import job
from cnninvert.layers import TITLES, title
from cnninvert.tables import write_table

METRICS = ["error"]  # those of evaluate_decoder, in the table's order


def main(snakemake):
    rows = []
    for path in snakemake.input.errors:
        found = pd.read_csv(path)
        architecture, layer, switches = found.loc[0, ["architecture", "layer", "switches"]]
        row = {
            "network": TITLES[architecture],
            "layer": title(architecture, layer),
            "switches": switches,
            "steps": snakemake.params.steps[architecture][layer],
        }
        for metric in METRICS:
            row |= {metric: found[metric].mean(), f"{metric}, spread": found[metric].std()}
        rows.append(row | {"photographs": len(found)})
    write_table(pd.DataFrame(rows), snakemake.output, digits=3)


if "snakemake" in globals():
    job.run(snakemake, main)
