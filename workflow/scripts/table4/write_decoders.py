"""Every decoder and how well it decodes original activations, beside what it must beat."""

from pathlib import Path

import pandas as pd

from cnninvert.networks.layers import TITLES, title
from machinery import job
from paper.printing.scores import printed
from paper.printing.tables import write_table
from paper.table4.methods import BASELINES


def write_decoders(
    scores: list[Path], baselines: Path, steps: dict[str, dict[str, int]], tables: list[Path]
) -> None:
    """``steps``: of training, by network and layer."""
    rows = []
    for path in scores:
        values = pd.read_csv(path)
        architecture, layer, switches = values.loc[0, ["architecture", "layer", "switches"]]
        row = {
            "network": TITLES[architecture],
            "layer": title(architecture, layer),
            "method": f"decoder, {switches} switches",
            "steps": steps[architecture][layer],
        }
        rows.append(row | {"n": len(values)} | printed(values, list(values)))
    everything = pd.read_csv(baselines)
    for method, words in BASELINES.items():
        values = everything[everything["method"] == method]
        rows.append({"method": words, "n": len(values)} | printed(values, list(values)))
    write_table(pd.DataFrame(rows).astype({"steps": "Int64"}), tables)


if "snakemake" in globals():
    job.run(snakemake, write_decoders)
