"""Tables in three formats, as printed and with all digits."""

import numpy as np
import pandas as pd

from paper.printing.tables import write_table


def test_three_formats(tmp_path):
    table = pd.DataFrame({"a_b (%)": ["x ± y", "z"], "value": [0.12345, np.nan], "n": [3, 4]})
    paths = [tmp_path / "quick" / "tables" / f"t.{suffix}" for suffix in ("csv", "md", "tex")]
    paths[0].parent.mkdir(parents=True)
    write_table(table, paths, digits=2)
    assert pd.read_csv(paths[0])["value"][0] == 0.12345
    heading, _, *markdown = paths[1].read_text().splitlines()
    assert heading == "**Preset quick**"
    assert len(markdown) == 4 and "0.12" in markdown[2] and "nan" not in markdown[3]
    latex = paths[2].read_text()
    assert latex.startswith("% Preset quick\n")
    assert r"a\_b (\%)" in latex and r"x $\pm$ y" in latex and "nan" not in latex
