"""The horizon, in words and as a table."""

import pandas as pd
import pytest

from paper.inversion.horizon import by_layer, horizon


def ranks(read, *shares):
    """Of layers of a picture of 100 pixel values, of which the first convolution reads some."""
    row = {"known": "values", "image": "a.jpg", "pixels": 100, "read": read, "values": 200}
    row |= {"nonzeros": 90, "order": 0, "active": 0}
    return pd.DataFrame(
        {**row, "layer": f"relu{number}", **{f"rank, {floor:g}": share for floor in (0.01, 0.001)}}
        for number, share in enumerate(shares, start=1)
    )


def test_the_horizon_is_the_last_layer_of_complete_rank():
    table = by_layer(ranks(100, 100, 99, 50))
    assert horizon(table).endswith("of the pixel values, floor 0.001: up to relu2")
    assert "read" not in table


@pytest.mark.parametrize(("read", "last"), [(90, "up to relu1"), (100, "no layer")])
def test_pixels_that_no_filter_reads_do_not_count(read, last):
    table = by_layer(ranks(read, 90, 50))
    assert last in horizon(table)
    assert table["rank, 0.001"].tolist() == [0.9, 0.5]
    assert ("90.0% of all" in horizon(table)) == ("read" in table) == (read == 90)
