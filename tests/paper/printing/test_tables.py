"""Tables in three formats, as printed and with all digits."""

import numpy as np
import pandas as pd
import pytest

from paper.printing.tables import write_table


def test_three_formats(tmp_path):
    table = pd.DataFrame({"a_b (%)": ["x ± y", "z"], "value": [0.12345, np.nan], "n": [3, 4]})
    paths = [tmp_path / f"t.{suffix}" for suffix in ("csv", "md", "tex")]
    write_table(table, paths, digits=2)
    assert pd.read_csv(paths[0])["value"][0] == 0.12345
    markdown = paths[1].read_text().splitlines()
    assert len(markdown) == 4 and "0.12" in markdown[2] and "nan" not in markdown[3]
    latex = paths[2].read_text()
    assert r"a\_b (\%)" in latex and r"x $\pm$ y" in latex and "nan" not in latex


@pytest.mark.parametrize(("preset", "title"), [("quick", "Errors"), ("quick", None), ("full", "A")])
def test_a_preset_without_results_says_so_in_every_title(preset, title, tmp_path):
    folders = [tmp_path / preset / name for name in ("tables", "networks/quick/tables")]
    paths = [folder / name for folder in folders for name in ("t.md", "t.tex")]
    for folder in folders:
        folder.mkdir(parents=True)
    write_table(pd.DataFrame({"n": [1]}), paths, title=title)
    for path in paths:
        first = path.read_text().splitlines()[0]
        assert (title or "") in first
        assert ("Preset quick: tiny budgets, no results" in first) == (preset == "quick")
