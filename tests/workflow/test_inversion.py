"""The targets of inversion without a decoder, for the network of the settings."""

import h5py
import numpy as np
import pandas as pd
import pytest

TABLES = ("inversion", "horizon", "witnesses", "switch_bits", "layer_by_layer")
TARGETS = (*TABLES, "figure_inversion")
REFINED = ("refined", "decoder_fixed")


@pytest.fixture(scope="module")
def inverted(project):
    """The tiny preset with all that inversion makes."""
    project.run(*TARGETS)
    return project


def test_tables_and_figures_are_made_and_stay(inverted):
    folder = inverted.file("results/tiny/networks/vgg16")
    for name in TABLES:
        assert (folder / "tables" / f"{name}.tex").exists()
        assert (folder / "figures" / f"{name}.pdf").exists()
    for name in ("inverted", "inverted_pool1"):
        assert (folder / "figures" / f"{name}.png").exists()
    assert inverted.planned(*TARGETS) == {}


def test_errors_are_those_of_the_pictures_that_are_kept(inverted):
    folder = inverted.file("results/tiny/networks/vgg16")
    table = pd.read_csv(folder / "tables" / "inversion.csv").set_index("known")
    for method, words in (
        ("values", "values alone"),
        ("decoder_known", "trained decoder, values and switches"),
    ):
        with h5py.File(folder / "inversion" / f"pool1-{method}.h5") as file:
            found, truth = file["pictures"][:].astype(float), file["photographs"][:] / 255
        norms = [np.sqrt((each**2).sum((1, 2, 3))) for each in (found - truth, truth)]
        assert table.loc[words, "relative error"] == pytest.approx((norms[0] / norms[1]).mean())


def test_activations_of_table_4_are_inverted_too(project):
    """Original and reconstructed activations without a decoder, scored as decoded pictures are."""
    name = "results/inverted/stats/score_pictures/pool1-none.csv"
    settings = ("preset=inverted", "table4={inverted_images: 1, inverted_evaluations: 20}")
    project.run(name, "--config", *settings)
    table = pd.read_csv(project.file(name)).set_index("method")
    assert set(table.index) == {
        *("original", "noise", "learned_known", "gaussian_known"),
        *("learned_fixed", "gaussian_fixed"),
    }
    assert table.index.is_unique  # one photograph
    assert table.loc["original", "error"] < 0.3 < table.loc["noise", "error"]
    assert table.loc["original", "activation_error"] == 0
    planned = project.planned("table4", "--config", *settings)
    assert planned["invert_pictures"] == 3 and planned["score_pictures"] == 7


def test_decoded_pictures_are_refined(project):
    """From values alone, beginning with what the decoder with fixed switches makes of them."""
    folder = "results/tiny/networks/vgg16/stats/inversion"
    names = [f"{folder}/pool1-{method}.csv" for method in REFINED]
    project.run(*names, "--config", "decoders={switches: [known, fixed]}")
    refined, decoded = (pd.read_csv(project.file(name)) for name in names)
    assert refined["image"].equals(decoded["image"])
    assert (refined["value_error"] < decoded["value_error"]).all()


def test_witnesses_have_the_same_values(inverted):
    table = pd.read_csv(inverted.file("results/tiny/networks/vgg16/tables/witnesses.csv"))
    assert table["within 1e-6"].tolist() == [1]
    assert (table["distance"] > 1e-3).all()


def test_ranks_can_be_estimated_for_pictures_of_any_size(project):
    settings = ("preset=estimated", "horizon={probes: 2, lanczos: 20, layers: [pool2, pool4]}")
    project.run("horizon", "--config", *settings)
    table = pd.read_csv(project.file("results/estimated/networks/vgg16/tables/horizon.csv"))
    assert table["layer"].tolist() == ["pool2", "pool4"]
    ranks = table.filter(regex="^rank, ")
    assert ((ranks > 0) & (ranks <= 1)).all(axis=None)
    assert (table["error of rank, 0.01"] < 0.1).all()


def test_shorter_inversions_replace_the_inversions_alone(inverted):
    planned = inverted.planned(*TARGETS, "--config", "inversion={evaluations: 5}")
    assert planned == {
        **{"invert_activations": 4, "write_inversion": 1, "plot_inversion": 1},
        **{"plot_inverted": 1, "plot_inverted_layer": 1},
        **{"write_switch_bits": 1, "plot_switch_bits": 1},
    }


REFUSED = [
    (
        ("inversion", "network={name: efficientnet-lite0}", "inversion={layers: null}"),
        "name layers",
    ),
    (("inversion", "inversion={methods: [decoder]}"), "leaves nothing to be inverted"),
    (("inversion", "inversion={side: 100}"), "inversion.side = 100 is no size that decoders give"),
    (("horizon", "horizon={side: 224}"), "too large for all singular values"),
    (("witnesses", "witnesses={images: 40}"), "needs network.images = 41 or more"),
]


@pytest.mark.parametrize(("wanted", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_cannot_be_inverted_is_refused_before_any_job(empty_project, wanted, words):
    target, *settings = wanted
    process = empty_project.plan(target, "--config", *settings)
    assert process.returncode != 0
    assert words in process.stdout


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("layers: [pool9]", "the network has no layer 'pool9'; the nearest are pool"),
        ("layers: [conv1_1], methods: [switches]", "no max-pooling comes before conv1_1"),
    ],
)
def test_a_layer_that_cannot_be_is_refused_in_a_sentence(project, setting, sentence):
    settings = ("preset=refused", f"inversion={{{setting}}}")
    process = project.snakemake("inversion", "--config", *settings)
    assert process.returncode != 0
    assert sentence in process.stdout and "Traceback" not in process.stdout
