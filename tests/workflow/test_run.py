"""The whole DAG on the tiny preset: it ends, and what is done stays done."""

import h5py
import pandas as pd
import pytest

TABLES = [
    *("table1", "table1_configurations", "table1_variants", "table1_costs"),
    *("table2", "table3", "table4", "alexnet", "iht_codes", "iht_activations"),
]
FIGURES = [
    *("table1_channels", "table1_curves", "figure2", "figure3", "figure4", "fidelity"),
    *("iht_codes", "iht_activations", "decoder_curves"),
]


def test_every_target_is_there(project):
    for name in TABLES:
        for suffix in ("csv", "md", "tex"):
            assert project.file(f"results/tiny/tables/{name}.{suffix}").stat().st_size
    for name in FIGURES:
        png = project.file(f"results/tiny/figures/{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert project.file(f"results/tiny/figures/{name}.pdf").read_bytes().startswith(b"%PDF")


def test_fidelity_has_all_numbers_and_one_reading_a_group(project):
    table = pd.read_csv(project.file("results/tiny/tables/fidelity.csv"))
    assert list(table.columns) == ["id", "paper", "ours", "spread", "n", "reading", "closest"]
    assert table["id"].nunique() == 74
    assert table["ours"].notna().all()
    assert table["closest"].sum() == 74
    assert table.loc[table["closest"], "id"].is_unique


def test_claims_cover_figures_and_table_4(project):
    claims = pd.read_csv(project.file("results/tiny/tables/claims.csv"))
    found = set(claims["id"].str.split(".").str[:2].str.join("."))
    assert {"figure2.a", "figure2.b", "figure2.c", "figure3.a", "figure3.b"} <= found
    assert {f"table4.pool{i}" for i in (1, 2, 3, 4)} <= found
    assert "algorithm1" in found
    assert claims["holds"].dtype == bool


def test_activations_say_where_they_come_from(project):
    with h5py.File(project.file("results/tiny/activations/torchvision.h5")) as file:
        assert file.attrs["network"] == "vgg16"
        assert file.attrs["preprocessing"] == "torchvision"
        assert {"weights", "images"} <= set(file.attrs)
        assert set(file.attrs["layers"]) == {"pool1", "pool2", "pool3", "pool4", "conv5_1"}
        assert file["pool4/output"].shape == (4, 512, 14, 14)
        assert (file["conv5_1/linear"][:].clip(min=0) == file["conv5_1/output"][:]).all()


def test_figure_3_for_every_layer(project):
    """A target of its own, here for two layers; every code comes with its prediction."""
    project.run("figure3_layers")
    for name in ("figures/figure3_layers.png", "figures/figure3_lambda.pdf"):
        assert project.file(f"results/tiny/{name}").stat().st_size
    table = pd.read_csv(project.file("results/tiny/tables/figure3_layers.csv"))
    assert len(table) == 2 * (3 + 1)  # learned and Gaussian; three lambdas, and rip.lambda alone
    assert set(table["layer"]) == {"conv(1,2)", "conv(2)"}
    assert (table["codes"] == 2).all() and table.notna().all(axis=None)
    assert project.planned("figure3_layers") == {}


def test_decoders_of_every_pool(project):
    """A target of its own, which trains the pools that Table 4 does not need."""
    project.run("decoders")
    table = pd.read_csv(project.file("results/tiny/tables/decoders.csv"))
    assert len(table) == 5 + 3 and table["network"].value_counts()["AlexNet"] == 3
    assert (table["photographs"] == 4).all() and (table["steps"] == 3).all()
    assert table["error"].between(0, 1).all()
    assert project.planned("decoders") == {}


def test_a_second_run_has_nothing_to_do(project):
    assert project.planned() == {}


def test_every_rule_leaves_a_log_and_a_benchmark(project):
    logs = {path.stem for path in project.file("results/tiny/logs").rglob("*.log")}
    benchmarks = {path.stem for path in project.file("results/tiny/benchmarks").rglob("*.tsv")}
    assert logs == benchmarks


def test_no_half_written_files_are_left(project):
    hidden = list(project.file("results/tiny").rglob(".*"))
    assert hidden == []
    assert not list(project.file("results/tiny").rglob("state/*/*"))


@pytest.mark.parametrize("filters", ["random", "learned"])
def test_the_same_preset_gives_the_same_table(project, filters):
    """Under another name, so that everything is computed again."""
    name = f"stats/test_classifier/{filters}-1.csv"
    project.run(f"results/again/{name}", "--config", "preset=again")
    again = project.file(f"results/again/{name}").read_text()
    assert again == project.file(f"results/tiny/{name}").read_text()


def test_another_preset_leaves_this_one_alone(project):
    project.run("figure2", "--config", "preset=other")
    assert project.file("results/other/figures/figure2.png").exists()
    assert project.planned() == {}
    assert project.planned("figure2", "--config", "preset=other") == {}


def test_report_with_captions(project):
    project.run("--report", "report.html")
    html = project.file("report.html").read_text()
    assert "Photographs that no decoder saw" in html
