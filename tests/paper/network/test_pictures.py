"""Photographs of a network, as its list names them."""

import pandas as pd
import pytest

from machinery.errors import InputError
from paper.network.pictures import listed


def test_photographs_that_are_not_there_are_asked_for(tmp_path):
    names = tmp_path / "photographs.csv"
    pd.DataFrame({"path": ["a.png", "b.png"]}).to_csv(names, index=False)
    assert listed(names, 1, 1) == ["b.png"]
    with pytest.raises(InputError, match="has 2 photographs, but 3 are needed"):
        listed(names, 1, 2)
