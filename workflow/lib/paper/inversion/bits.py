"""Bits of switches and of picture codecs, by layer. Free of torch."""

import pandas as pd

LOSSLESS = ("PNG", "WebP lossless")


def of_poolings(switches: pd.DataFrame) -> pd.DataFrame:
    """A row a pooling, in order: means over photographs."""
    return switches.groupby("layer", sort=False).mean(numeric_only=True).reset_index()


def lossless(codecs: pd.DataFrame) -> pd.Series:
    """The bits of the pictures themselves by each lossless codec, means over photographs."""
    of_codec = codecs[codecs["codec"].isin(LOSSLESS)]
    return of_codec.groupby("codec", sort=False)["bits"].mean()


def known_so_far(switches: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """A row a layer: the bits of all switches up to it, and the error of what they alone give.

    ``errors``: of the inversions, as ``tables.read_errors`` gives them. Layers that are no pooling
    are left out.
    """
    bits = of_poolings(switches).set_index("layer")["context"].cumsum()
    alone = errors[errors["method"] == "switches"].groupby("layer", sort=False)
    means = alone[["relative_error", "psnr"]].mean()
    means = means[means.index.isin(bits.index)]
    return means.assign(bits=bits.loc[means.index]).reset_index()
