"""Every configuration that Table 1's search tried, where it stopped, and which was chosen."""

import pandas as pd

from cnninvert import job
from cnninvert.tables import write_table

CONFIGURATION = ["filters", "layers", "size", "channels"]


def main(snakemake):
    searches = pd.concat([pd.read_csv(path) for path in snakemake.input.searches])
    tested = pd.concat([pd.read_csv(path) for path in snakemake.input.classifiers])
    write_table(configurations(searches, tested), snakemake.output, digits=1)


def configurations(searches: pd.DataFrame, tested: pd.DataFrame) -> pd.DataFrame:
    """A row a configuration. The chosen ones are those that were ``tested``."""
    chosen = tested[CONFIGURATION].drop_duplicates().assign(chosen="yes")
    searches = searches.merge(chosen, how="left", on=CONFIGURATION).fillna({"chosen": ""})
    # Random filters first.
    searches = searches.sort_values(CONFIGURATION, ascending=[False, True, True, True])
    return pd.DataFrame(
        {
            "filters": searches["filters"],
            "layers": searches["layers"],
            "filter size": searches["size"],
            "channels": searches["channels"],
            "validation accuracy (%)": 100 * searches["validation_accuracy"],
            "spread": 100 * searches["spread"],
            "epochs": searches["epochs"],
            "stopped": [
                f"after epoch {row.epochs}" if row.stopped_early else ""
                for row in searches.itertuples()
            ],
            "chosen": searches["chosen"],
            "trained parameters": searches["parameters"],
            "multiply-adds of an image": searches["multiply_adds"],
        }
    )


if "snakemake" in globals():
    job.run(snakemake, main)
