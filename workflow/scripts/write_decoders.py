"""Every decoder and how well it decodes original activations: a row a decoder."""

import pandas as pd

from cnninvert import job
from cnninvert.layers import TITLES, title
from cnninvert.scores import printed
from cnninvert.tables import write_table


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
        rows.append(row | {"n": len(found)} | printed(found, list(found)))
    write_table(pd.DataFrame(rows), snakemake.output)


if "snakemake" in globals():
    job.run(snakemake, main)
