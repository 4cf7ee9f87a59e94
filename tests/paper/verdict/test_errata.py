"""The test of Table 3's Gaussian column, on columns whose origin is known."""

import pandas as pd
import pytest
import torch

from cnninvert.networks.layers import Conv
from cnninvert.operators.convolution import gaussian_filters, unit_norm
from cnninvert.theory.coherence import coherences
from paper.verdict.errata import TOGETHER, gaussian_coherences

LAYERS = [Conv(f"conv1_{number}", 12, 48) for number in range(1, 9)]


@pytest.mark.parametrize("printed, other", [("absolute", "signed"), ("signed", "absolute")])
def test_what_was_printed_is_told(printed, other):
    values = {}
    for number, conv in enumerate(LAYERS):
        filters = gaussian_filters(conv.shape, torch.Generator().manual_seed(number))
        found = dict(zip(("absolute", "signed"), coherences(unit_norm(filters)), strict=True))
        values[f"table3.{conv.name}.random"] = found[printed]
    table = gaussian_coherences(pd.Series(values), LAYERS).set_index("layer")
    assert table.loc[TOGETHER, f"p, {printed}"] > 0.05
    assert table.loc[TOGETHER, f"p, {other}"] < table.loc[TOGETHER, f"p, {printed}"]
    assert len(table) == 9
