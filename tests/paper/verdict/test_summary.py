"""Verdicts in a few words."""

import pytest

from paper.verdict.summary import verdicts

ROWS = "id,verdict\nfigure3.a,holds\nfigure3.a,holds\nfigure3.b,undecided\ntable1.2,contradicted\n"


def test_the_claims_of_an_artefact_are_counted(tmp_path):
    path = tmp_path / "claims.csv"
    path.write_text(ROWS)
    assert verdicts("figure3", path) == "2 hold, 1 undecided"
    assert verdicts("table1", path) == "1 contradicted"
    assert verdicts("table1_width", path) is None  # the claims are of no other widths
    assert verdicts("figure2", path) is None
    assert verdicts("gallery", path) is None


def test_without_claims_there_is_nothing_to_say(tmp_path):
    assert verdicts("figure3", tmp_path / "claims.csv") is None


@pytest.mark.parametrize("content", [b"", b"id,other\nfigure3.a,holds\n", b"id,verdict\n\xff,\n"])
def test_a_damaged_file_keeps_no_command_from_its_work(tmp_path, content):
    path = tmp_path / "claims.csv"
    path.write_bytes(content)
    assert verdicts("figure3", path) is None
