"""Tables in three formats, claims, and the table of times."""

import numpy as np
import pandas as pd

from cnninvert import claims
from cnninvert.readings import Reading
from cnninvert.tables import write_table
from cnninvert.timings import time_table


def test_three_formats(tmp_path):
    table = pd.DataFrame({"a_b (%)": ["x ± y", "z"], "value": [0.12345, np.nan], "n": [3, 4]})
    paths = [str(tmp_path / f"t.{suffix}") for suffix in ("csv", "md", "tex")]
    write_table(table, paths, digits=2)
    assert pd.read_csv(paths[0])["value"][0] == 0.12345
    markdown = (tmp_path / "t.md").read_text().splitlines()
    assert len(markdown) == 4 and "0.12" in markdown[2] and "nan" not in markdown[3]
    latex = (tmp_path / "t.tex").read_text()
    assert r"a\_b (\%)" in latex and r"x $\pm$ y" in latex and "nan" not in latex


def image_errors(noise):
    methods = ["original", "noise"]
    methods += [f"{f}_{s}" for f in ("learned", "gaussian") for s in ("known", "fixed")]
    rows = [
        ("pool1", f"{image}.png", method, "picture", "unit", noise if method == "noise" else 0.3)
        for image in range(5)
        for method in methods
    ]
    return pd.DataFrame(rows, columns=["layer", "image", "method", "reference", "pixels", "error"])


def activation_errors(learned, random):
    rows = [
        ("pool1", filters, str(Reading(switches=switches)), error, 0.01, 5)
        for switches in ("known", "fixed")
        for filters, error in (("learned", learned), ("random", random))
    ]
    return pd.DataFrame(rows, columns=["layer", "filters", "reading", "error", "spread", "n"])


def test_claims_hold_or_not():
    good = claims.table(claims.table4(activation_errors(0.9, 0.8), image_errors(0.6)))
    bad = claims.table(claims.table4(activation_errors(0.8, 0.9), image_errors(0.2)))
    for table, expected in ((good, True), (bad, False)):
        beats_noise = table["claim"].str.endswith("beat random activations")
        in_activations = table["claim"].str.startswith("activation space")
        assert (table.loc[beats_noise | in_activations, "holds"] == expected).all()


def test_recovered_codes_far_from_one_are_not_claimed_to_be_isometric():
    ratios = pd.DataFrame({"ratio": [1.3, 1.4, 1.5]})
    table = claims.table(claims.figure3({}, {("learned", "linear"): ratios}))
    assert table["id"].tolist() == ["figure3.b", "figure3.b"]
    assert not table["holds"].any()


def test_time_table(tmp_path):
    folder = tmp_path / "benchmarks" / "train"
    folder.mkdir(parents=True)
    for name, seconds in (("a", 2.0), ("b", 3.5)):
        (folder / f"{name}.tsv").write_text(f"s\tmax_rss\n{seconds}\t100.0\n")
    assert "5.5" in time_table(tmp_path) and "3.5" in time_table(tmp_path)
    assert time_table(tmp_path / "none") == "No benchmark files yet."
