"""The whole DAG on the tiny preset: it ends, and what is done stays done."""

import re
import shutil

import h5py
import pandas as pd
import pytest

from paper.table4.methods import BASELINES, METHODS

TABLES = [
    *("table1", "table1_configurations", "table1_variants", "table1_costs"),
    *("table2", "table3", "table4", "table4_pictures", "alexnet", "iht_codes", "iht_activations"),
]
FIGURES = [
    *("table1_channels", "table1_curves", "figure2", "figure3", "fidelity"),
    *("iht_codes", "iht_activations", "switches", "decoder_curves"),
    *(f"figure4_pool{layer}_known" for layer in (1, 2, 3, 4)),
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
    assert set(claims["verdict"]) <= {"holds", "contradicted", "undecided"}


def test_decoded_pictures_and_their_metrics(project):
    """All methods for all photographs, but for those that take long."""
    shapes = {}
    for path in project.file("results/tiny/pictures").glob("pool2-known-*.h5"):
        with h5py.File(path) as file:
            shapes |= {name: data.shape for name, data in file.items() if name != "paths"}
    assert set(shapes) == set(METHODS)
    few = {name for name, shape in shapes.items() if shape == (2, 3, 224, 224)}
    made = ("absolute", "iht", "codes")
    assert few == {f"{f}_{how}" for f in ("learned", "gaussian") for how in made}
    assert all(shapes[name] == (4, 3, 224, 224) for name in set(shapes) - few)
    metrics = pd.read_csv(project.file("results/tiny/stats/score_pictures/pool2-known.csv"))
    assert metrics.notna().all(axis=None) and len(metrics) == 9 * 4 + 6 * 2
    by_method = metrics.groupby("method")["activation_error"].mean()
    assert (by_method[["original", "shuffled", "others"]] == 0).all()
    # The same reconstructions as their own rules measured.
    for how in ("iht", "codes"):
        rule = project.file(f"results/tiny/stats/reconstruct_{how}/torchvision-pool2.csv")
        own = pd.read_csv(rule)
        if how == "iht":
            own = own[own["steps"] > 1]
        own = own.groupby("filters")["error"].mean()
        for filters in ("learned", "gaussian"):
            assert by_method[f"{filters}_{how}"] == pytest.approx(own[filters], rel=1e-4)


def test_table_of_pictures_ends_with_the_baselines(project):
    table = pd.read_csv(project.file("results/tiny/tables/table4_pictures.csv"))
    assert len(table) == 4 * len(METHODS) + len(BASELINES)
    assert table["method"].tolist()[-3:] == list(BASELINES.values())
    claims = pd.read_csv(project.file("results/tiny/tables/claims.csv"))
    assert (claims["id"] == "pictures.pool3").sum() == 3 + 2 * 2 + 2


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
    assert len(table) == 2 * (
        3 + 1
    )  # learned and Gaussian; three lambdas, and figure3.lambda alone
    assert set(table["layer"]) == {"conv(1,2)", "conv(2)"}
    assert (table["codes"] == 2).all() and table.notna().all(axis=None)
    assert project.planned("figure3_layers") == {}


def test_the_gallery_shows_every_decoded_picture(project):
    folder = project.file("results/tiny/gallery")
    page = (folder / "index.html").read_text()
    shown = 0
    for layer in (1, 2, 3, 4):
        for path in project.file("results/tiny/pictures").glob(f"pool{layer}-known-*.h5"):
            with h5py.File(path) as file:
                for method in set(file) - {"paths"}:
                    for number in range(len(file[method])):
                        name = f"pictures/pool{layer}-known-{method}-{number:04}.jpg"
                        assert f'src="{name}"' in page and (folder / name).exists()
                        shown += 1
    assert shown > 4 * 4 * 6


def test_a_picture_of_the_users_is_a_row_of_figure_4(project, tmp_path):
    """A test photograph as the user's picture has the errors that Table 4 is made of."""
    photographs = pd.read_csv(project.file("results/tiny/images/photographs.csv"))
    photograph = photographs.loc[photographs["split"] == "test", "path"].iloc[0]
    original = project.file(f"results/data/photographs/{photograph}")
    file = tmp_path / f"a pictüre{original.suffix}"
    shutil.copy(original, file)
    # One thread, as the shared run's other jobs have: the manifest tells where they differ.
    threads = ("--set-threads", "plot_picture=1")
    settings = (*threads, "--config", f"picture={{file: {file}, layer: 3}}")
    assert project.planned("picture", *settings) == {"plot_picture": 1}
    output = project.run("picture", *settings)
    assert len(list(project.file("results/tiny/figures").glob("picture_a-pictüre-*_pool3_*"))) == 2
    printed = dict(re.findall(r"(\w+) (\d\.\d{3})(?:,|$)", output, re.MULTILINE))
    errors = pd.read_csv(
        project.file("results/tiny/stats/decode_pictures/pool3-known-one_step.csv")
    )
    errors = errors[(errors["reference"] == "picture") & (errors["pixels"] == "unit")]
    errors = errors[errors["image"] == photograph]
    errors = errors.set_index("method")["error"]
    for method in ("original", "learned_known", "gaussian_known", "noise"):
        assert float(printed[method]) == pytest.approx(errors[method], abs=0.002)
    assert 0 < float(printed["inverted"]) < 1
    assert project.planned("picture", *settings) == {}
    namesake = tmp_path / "elsewhere" / file.name
    namesake.parent.mkdir()
    namesake.write_bytes(original.read_bytes() + b" ")
    settings = (*threads, "--config", f"picture={{file: {namesake}, layer: 3}}")
    assert project.planned("picture", *settings) == {"plot_picture": 1}


def test_networks_of_table_1_are_inverted(project):
    """A target of its own: a network a row of the table."""
    project.run("table1_inversion")
    table = pd.read_csv(project.file("results/tiny/tables/table1_inversion.csv"))
    assert table["filters"].tolist() == ["random"] * 3 + ["learned"] * 3
    assert table.notna().all(axis=None)
    assert project.file("results/tiny/figures/table1_inversion.pdf").stat().st_size
    assert project.planned("table1_inversion") == {}


def test_networks_of_table_1_are_networks_like_any_other(project):
    """Exported, they are a user's network: their layers' sparsity and one step of IHT."""
    project.run("table1_networks")
    network = (
        "network={file: results/tiny/table1_networks/table1-learned-2.py, "
        "weights: results/tiny/table1_networks/table1-learned-2.safetensors, size: 32}"
    )
    # Under another name, so that other tests find the shared run as it was.
    project.run("one_step", "--config", "preset=exported", network)
    tables = project.file("results/exported/networks/table1-learned-2/tables")
    table = pd.read_csv(tables / "one_step.csv")
    assert table["layer"].tolist() == ["conv2"] and table["pooled"].all()


def test_wider_networks_of_random_filters(project):
    """A target of its own: a network a depth and width, those that the setting names."""
    project.run("table1_width")
    table = pd.read_csv(project.file("results/tiny/tables/table1_width.csv"))
    assert table[["layers", "channels"]].to_numpy().tolist() == [[1, 2], [2, 2], [2, 4]]
    assert table["accuracy (%)"].between(0, 100).all()
    assert project.file("results/tiny/figures/table1_width.pdf").stat().st_size
    more = ("--config", "table1_width={two_layers: [2, 4, 6]}")
    assert project.planned("table1_width", *more) == {
        **{"widen_classifier": 1, "write_table1_width": 1, "plot_table1_width": 1}
    }


def test_decoders_of_every_pool(project):
    """A target of its own, which trains the pools that Table 4 does not need."""
    project.run("decoders")
    table = pd.read_csv(project.file("results/tiny/tables/decoders.csv"))
    assert table["network"].value_counts(dropna=False).tolist() == [5, 3, 3]
    assert (table["n"] == 4).all() and table["steps"].dropna().eq(3).all()
    assert table["method"].tolist()[-3:] == list(BASELINES.values())
    for path in project.file("results/tiny/stats/evaluate_decoder").glob("*.csv"):
        scores = pd.read_csv(path)
        assert scores["error"].between(0, 2).all() and scores["ssim"].between(-1, 1).all()
    assert project.planned("decoders") == {}


def test_a_second_run_has_nothing_to_do(project):
    assert project.planned() == {}


def test_every_rule_leaves_a_log_and_a_benchmark(project):
    logs = {path.stem for path in project.file("results/tiny/logs").rglob("*.log")}
    benchmarks = {path.stem for path in project.file("results/tiny/benchmarks").rglob("*.tsv")}
    assert logs == benchmarks


def test_no_half_written_files_are_left(project):
    hidden = project.file("results/tiny").rglob(".*")
    # The lock of runs, and Snakemake's own in a folder that a rule makes.
    assert {path.name for path in hidden} <= {".lock", ".snakemake_timestamp"}
    assert not list(project.file("results/tiny").rglob("state/*/*"))


def test_another_preset_leaves_this_one_alone(project):
    project.run("figure2", "--config", "preset=other")
    assert project.file("results/other/figures/figure2.png").exists()
    assert project.planned() == {}
    assert project.planned("figure2", "--config", "preset=other") == {}
