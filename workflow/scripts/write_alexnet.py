"""AlexNet's share of non-zeros and coherence: what the paper's appendix C.2 is about."""

import pandas as pd

from cnninvert import job
from cnninvert.tables import write_table


def main(snakemake):
    sparsity = pd.read_csv(snakemake.input.sparsity)
    coherence = pd.read_csv(snakemake.input.coherence)
    coherence = coherence[coherence["maximum"] == "absolute"].pivot(
        index="layer", columns="place", values=["learned", "random"]
    )
    coherence.columns = [
        f"coherence, {'Gaussian' if filters == 'random' else filters}, {place}"
        for filters, place in coherence.columns
    ]
    table = sparsity.merge(coherence, left_on="layer", right_index=True, how="left")
    table = table.drop(columns="layer").rename(
        columns={"title": "layer", "nonzeros": "non-zeros (%)"}
    )
    write_table(table, snakemake.output, digits=3)


if "snakemake" in globals():
    job.run(snakemake, main)
