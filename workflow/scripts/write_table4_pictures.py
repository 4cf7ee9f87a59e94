"""Table 4's pictures under all metrics, with methods that the paper has not, and baselines."""

import pandas as pd

from cnninvert import job
from cnninvert.methods import BASELINES, METHODS
from cnninvert.scores import printed
from cnninvert.tables import write_table


def main(snakemake):
    (baselines,) = snakemake.input.baselines
    scores = pd.concat(
        [
            *(pd.read_csv(path) for path in snakemake.input.metrics),
            pd.read_csv(baselines).assign(layer="", decoder="none"),
        ]
    )
    write_table(table(scores), snakemake.output)


def table(scores: pd.DataFrame) -> pd.DataFrame:
    """A row a layer, decoder and method, in METHODS' order, from a row a photograph as well.

    Mean ± standard deviation over the n photographs of the metrics that ``scores`` has; the
    baselines, which have no layer, come last.
    """
    titles = METHODS | BASELINES
    rows = []
    for (layer, decoder), part in scores.groupby(["layer", "decoder"], sort=False):
        by_method = dict(list(part.groupby("method")))
        for method in [name for name in titles if name in by_method]:
            group = by_method[method]
            row = {"layer": f"pool({layer[4:]})" if layer else "", "decoder": decoder}
            row |= {"method": titles[method], "n": len(group)}
            rows.append(row | printed(group, list(scores)))
    return pd.DataFrame(rows)


if "snakemake" in globals():
    job.run(snakemake, main)
