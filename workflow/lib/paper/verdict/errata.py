"""Table 3's Gaussian column against the exact law of random filters' coherence.

The law needs no weights and no code of ours: it is that of the largest of the inner products of
random unit vectors. So it tests what the printed numbers are maxima of, values or absolute values.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from cnninvert.networks.layers import Conv
from cnninvert.theory.coherence_law import coherence_cdf, coherence_quantile

TOGETHER = "all, by Fisher's method"


def gaussian_coherences(paper: pd.Series, convolutions: Iterable[Conv]) -> pd.DataFrame:
    """A row a layer: the printed coherence, the law's median and a two-sided p for each maximum.

    ``paper``: printed numbers by id. The last row combines the layers (Fisher 1932); they are
    independent, for each has filters of its own.
    """
    rows = []
    for conv in convolutions:
        printed = paper[f"table3.{conv.name}.random"]
        vectors, dimension = conv.outputs, conv.inputs * conv.size**2
        row = {"layer": conv.title, "printed": printed}
        for name, signed in (("absolute", False), ("signed", True)):
            below = coherence_cdf(printed, vectors, dimension, signed)
            row[f"median, {name}"] = coherence_quantile(0.5, vectors, dimension, signed)
            row[f"p, {name}"] = min(1.0, 2 * min(below, 1 - below))
        rows.append(row)
    table = pd.DataFrame(rows)
    together: dict[str, object] = {"layer": TOGETHER, "printed": np.nan}
    for name in ("absolute", "signed"):
        together[f"median, {name}"] = np.nan
        p = table[f"p, {name}"].clip(lower=1e-300)
        together[f"p, {name}"] = float(stats.combine_pvalues(p).pvalue)
    return pd.concat([table, pd.DataFrame([together])], ignore_index=True)
