"""Choose the photographs, split them into train and test, and decode each once."""

from pathlib import Path

from cnninvert import job
from cnninvert.files import write_csv
from cnninvert.photographs import index, shown


def main(snakemake):
    params = snakemake.params
    chosen = index(Path(snakemake.input.folder), params.train, params.test, params.seed)
    names = chosen.loc[chosen["split"] == "test", "path"].tolist()
    # Refused before any long work; not a param, for what is shown changes nothing that is computed.
    shown(names, snakemake.config["figure4"]["photographs"])
    write_csv(snakemake.output.index, chosen)


if "snakemake" in globals():
    job.run(snakemake, main)
