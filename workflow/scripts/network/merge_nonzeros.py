"""The parts of count_nonzeros put together: the share of non-zeros after each layer."""

from pathlib import Path

import numpy as np
import pandas as pd

from machinery import job
from machinery.files import read_tables, write_csv
from paper.network.prepared import read_prepared


def merge_nonzeros(prepared: Path, counts: list[Path], sparsity: Path) -> None:
    """Whole numbers are kept until here, so the number of parts changes no digit."""
    network, _ = read_prepared(prepared)
    found = read_tables(counts).sort_values("image")
    rows = []
    for name in found.columns.drop("image"):
        layer = network.layers[name]
        # In float32, as Table 2's.
        share = found[name].to_numpy("f4") / np.float32(np.prod(layer.shape))
        shares = (100 * share).astype(float)
        rows.append(
            {
                "layer": name,
                "operation": layer.operation,
                "channels": layer.shape[0],
                "side": layer.shape[-1],
                "nonzeros": shares.mean(),
                "spread": shares.std(ddof=1) if len(shares) > 1 else np.nan,
                "images": len(shares),
            }
        )
    write_csv(sparsity, pd.DataFrame(rows))


if "snakemake" in globals():
    job.run(snakemake, merge_nonzeros)
