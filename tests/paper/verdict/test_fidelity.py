"""One reading holds for a whole table and space; partial weights are compared on their own."""

from pathlib import Path

import pandas as pd
import pytest

from paper.verdict import fidelity
from paper.verdict.comparison import compare

PAPER = Path(__file__).parents[3] / "workflow" / "data" / "paper_numbers.csv"


@pytest.fixture
def paper():
    return fidelity.paper_numbers(PAPER)


def rows(paper, group, reading, shift, ids=None):
    numbers = paper[paper["group"] == group]
    numbers = numbers if ids is None else numbers.iloc[:ids]
    return pd.DataFrame(
        {
            "id": numbers["id"],
            "reading": reading,
            "ours": numbers["value"] + shift,
            "spread": 0.0,
            "n": 1,
        }
    )


def test_the_paper_has_74_numbers_in_five_groups(paper):
    assert len(paper) == 74 and paper["id"].is_unique
    assert paper["group"].value_counts().to_dict() == {
        "table3": 26,
        "table2": 18,
        "table4 image space": 12,
        "table4 activation space": 12,
        "table1": 6,
    }


def test_every_id_has_a_row_and_one_reading_a_group_is_closest(paper):
    ours = pd.concat(
        [
            rows(paper, "table2", "near", 1.0),
            rows(paper, "table2", "far", 5.0),
            rows(paper, "table2", "partial", 0.1, ids=4),
        ]
    )
    table, summary, groups = compare(ours, paper)
    assert set(table["id"]) == set(paper["id"])
    assert table.loc[table["closest"], "reading"].unique().tolist() == ["near"]
    assert table["closest"].sum() == 18
    partial = summary[summary["reading"] == "partial"].iloc[0]
    assert partial["reaches"] == 4 and partial["of"] == 18
    assert partial["mad"] == pytest.approx(0.1)
    assert partial["mad_of_closest"] == pytest.approx(1.0)
    assert not partial["closest"] and pd.isna(partial["in_set"])
    (group,) = groups.itertuples()
    assert (group.closest, group.numbers, group.readings) == ("near", 18, 2)
    assert group.in_set == 1 and group.chance < 0.001 and group.without_a_row == 1


def test_noise_of_the_same_norm_says_nothing_of_a_reading(paper):
    """Its error is sqrt 2 however the paper is read, and no MAD is made smaller by it."""
    ours = rows(paper, "table4 activation space", "any", 0.03)
    noise = ours["id"].str.contains("random_activations")
    ours.loc[noise, "ours"] -= 0.03
    _, summary, groups = compare(ours, paper)
    assert summary["mad"].tolist() == [pytest.approx(0.03)]
    assert groups["numbers"].tolist() == [8]


def test_table_3_reads_rows_as_their_own_layer_or_the_next():
    layers = ["conv1_1", "conv1_2", "conv5_3"]
    table = pd.DataFrame(
        {
            "layer": layers,
            "place": "same",
            "maximum": "signed",
            "learned": [0.9, 0.7, 0.6],
            "random": [0.3, 0.2, 0.1],
            "random_spread": 0.0,
            "random_seeds": 2,
        }
    )
    found = fidelity.table3({"w": table}).set_index(["reading", "id"])["ours"]

    def values(kind, column):
        reading = f"weights=w,rows={kind},place=same,maximum=signed"
        return [found[reading, f"table3.{layer}.{column}"] for layer in layers]

    assert values("own", "learned") == [0.9, 0.7, 0.6]
    assert values("next", "learned") == [0.7, 0.6, 0.6]
    assert values("next for learned", "learned") == [0.7, 0.6, 0.6]
    assert values("next", "random") == [0.2, 0.1, 0.1]
    assert values("next for learned", "random") == [0.3, 0.2, 0.1]
    partial = fidelity.table3({"w": table.iloc[:2]})
    assert not partial.query(
        "reading.str.contains('rows=next,') and id == 'table3.conv1_2.learned'"
    ).size
