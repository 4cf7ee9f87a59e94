"""What Table 3's Gaussian column is the maximum of, tested without any network."""

from pathlib import Path

from cnninvert.networks.layers import ARCHITECTURES, Conv
from machinery import job
from paper.printing.tables import write_table
from paper.verdict.errata import gaussian_coherences
from paper.verdict.fidelity import paper_numbers


def write_errata(paper: Path, tables: list[Path]) -> None:
    printed = paper_numbers(paper).set_index("id")["value"]
    layers = [layer for layer in ARCHITECTURES["vgg16"] if isinstance(layer, Conv)]
    title = "Table 3's Gaussian coherences against the law of random filters"
    write_table(gaussian_coherences(printed, layers), tables, digits=4, title=title)


if "snakemake" in globals():
    job.run(snakemake, write_errata)
