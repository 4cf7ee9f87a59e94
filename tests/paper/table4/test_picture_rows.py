"""Figure 4 shows every pixel as it is, and the same photographs for every layer."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from machinery.errors import InputError
from paper.table4 import picture_rows
from paper.table4.methods import picture_errors
from paper.table4.picture_rows import DOTS, GAP, LABEL, MARGIN, SIDE, Row, choose


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    titles = picture_rows.columns("fixed")
    return [
        Row(
            {method: rng.integers(0, 256, (3, SIDE, SIDE), dtype=np.uint8) for method in titles},
            {"original": 0.125},
        )
        for _ in range(2)
    ]


def test_each_pixel_of_a_picture_is_one_square_of_dots(rows, tmp_path):
    png, pdf = tmp_path / "x.png", tmp_path / "x.pdf"
    titles = picture_rows.columns("fixed")
    figure = picture_rows.draw(rows, titles, {"original": "0.125 ± 0.1"}, "foot\nfoot")
    picture_rows.save(figure, [png, pdf])
    found = np.asarray(Image.open(png).convert("RGB"))
    square = np.ones((DOTS, DOTS, 1), np.uint8)
    top = None
    for number, row in enumerate(rows):
        for column, method in enumerate(titles):
            left = DOTS * (MARGIN + column * (SIDE + GAP))
            expected = np.kron(row.pictures[method].transpose(1, 2, 0), square)
            if top is None:
                ends = range(len(found) - DOTS * SIDE)
                top = next(
                    y for y in ends if (found[y, left : left + 64] == expected[0, :64]).all()
                )
            y = top + number * DOTS * (SIDE + LABEL)
            assert (found[y : y + DOTS * SIDE, left : left + DOTS * SIDE] == expected).all()
    images = re.findall(rb"/Subtype /Image /Width (\d+) /Height (\d+)", pdf.read_bytes())
    assert images == [(b"224", b"224")] * len(rows) * len(titles)


def test_rows_are_chosen_by_the_seed_and_the_names():
    names = [f"{folder}/{number}.jpg" for folder in "ab" for number in range(10)]
    chosen = choose(names, None, 6, seed=0)
    assert chosen == choose(names, None, 6, seed=0) and len(set(chosen)) == 6
    assert chosen != choose(names, None, 6, seed=1)
    assert all(names[number][0] == "b" for number in choose(names, "b/*", 6, seed=0))
    assert len(choose(names, "b/*", 20, seed=0)) == 10
    with pytest.raises(InputError, match=r"figure4\.photographs = c/\*: no test photograph"):
        choose(names, "c/*", 6, seed=0)


def test_errors_are_relative_to_the_photograph(tmp_path):
    readings = [(r, p) for r in ("picture", "decoded") for p in ("unit", "centred")]
    table = pd.DataFrame(readings, columns=["reference", "pixels"])
    table = table.assign(layer="pool1", image="a", method="noise", error=[1, 2, 3, 4])
    table.to_csv(tmp_path / "x.csv")
    assert picture_errors(tmp_path / "x.csv").values.tolist() == [["a", "noise", 1]]


def test_a_row_may_lack_a_method(rows, tmp_path):
    """Of layers that have no decoder, say."""
    titles = picture_rows.columns("fixed")
    lacking = Row(dict(rows[0].pictures), {})
    del lacking.pictures["noise"]
    figure = picture_rows.draw([*rows, lacking], titles, {}, "foot")
    assert len(figure.axes) == 3 * len(titles) - 1
