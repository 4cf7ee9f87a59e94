"""Every decoder and how well it decodes original activations, beside what it must beat."""

import pandas as pd

from cnninvert import job
from cnninvert.layers import TITLES, title
from cnninvert.methods import BASELINES
from cnninvert.scores import printed
from cnninvert.tables import write_table


def main(snakemake):
    rows = []
    for path in snakemake.input.scores:
        scores = pd.read_csv(path)
        architecture, layer, switches = scores.loc[0, ["architecture", "layer", "switches"]]
        row = {
            "network": TITLES[architecture],
            "layer": title(architecture, layer),
            "method": f"decoder, {switches} switches",
            "steps": snakemake.params.steps[architecture][layer],
        }
        rows.append(row | {"n": len(scores)} | printed(scores, list(scores)))
    baselines = pd.read_csv(snakemake.input.baselines)
    for method, words in BASELINES.items():
        scores = baselines[baselines["method"] == method]
        rows.append({"method": words, "n": len(scores)} | printed(scores, list(scores)))
    table = pd.DataFrame(rows).astype({"steps": "Int64"})
    write_table(table, snakemake.output)


if "snakemake" in globals():
    job.run(snakemake, main)
