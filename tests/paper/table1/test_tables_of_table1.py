"""The tables of Table 1: what was tested, what was searched, and what was varied."""

from pathlib import Path

import pandas as pd
import pytest

from paper.table1 import varied as changes
from table1.write_table1 import beside_the_paper
from table1.write_table1_configurations import configurations
from table1.write_table1_variants import TITLES, accuracies, together, training_costs
from verdict.write_fidelity import write_fidelity

NUMBERS = Path(__file__).parents[3] / "workflow" / "data" / "paper_numbers.csv"
PAPER = pd.Series({"table1.random_filters.1_layers": 66.5, "table1.learned_filters.1_layers": 68.1})


def networks(filters, layers, accuracies, batch_norm="before", size=5, channels=64, **more):
    """A row a seed, as ``search.evaluate`` writes them."""
    rows = [
        {
            "filters": filters,
            "layers": layers,
            "size": size,
            "channels": channels,
            "batch_norm": batch_norm,
            "activation": "relu",
            "seed": seed,
            "test_accuracy": accuracy,
            "train_images": 20000,
            "test_images": 100,
            "parameters": 1000,
            "multiply_adds": 2000,
            "training_multiply_adds": 3000,
            **more,
        }
        for seed, accuracy in enumerate(accuracies)
    ]
    return pd.DataFrame(rows)


def searched(filters, layers, size, channels, accuracy, stopped_after=8):
    return {
        "filters": filters,
        "layers": layers,
        "size": size,
        "channels": channels,
        "validation_accuracy": accuracy,
        "spread": 0.01,
        "folds": 1 if stopped_after else 0,
        "epochs": stopped_after,
        "stopped_early": stopped_after < 8,
        "parameters": 1000,
        "multiply_adds": 2000,
    }


@pytest.fixture
def main():
    """Learned filters first, so that the tables have to turn the order."""
    runs = [("learned", 1, [0.6]), ("random", 2, [0.55]), ("random", 1, [0.4, 0.5])]
    return pd.concat([networks(*run) for run in runs])


def test_table_1_has_means_spreads_and_the_papers_numbers(main):
    epochs = {"random-1": 2, "random-2": 6, "learned-1": 2}
    table = beside_the_paper(main, PAPER, epochs, mirrored=True).set_index(["filters", "layers"])
    assert table.index.tolist() == [("random", 1), ("random", 2), ("learned", 1)]
    row = table.loc[("random", 1)]
    assert row["accuracy (%)"] == pytest.approx(45)
    assert row["spread"] == pytest.approx(5 * 2**0.5)
    assert (row["epochs"], row["seeds"], row["paper (%)"]) == (2, 2, 66.5)
    # One seed: the binomial standard error over 100 test images.
    assert table.loc[("learned", 1), "spread"] == pytest.approx((60 * 40 / 100) ** 0.5)
    assert pd.isna(table.loc[("random", 2), "paper (%)"])
    assert table.loc[("random", 2), "epochs"] == 6


def test_the_tested_configuration_is_the_chosen_one(main):
    """Also where one that was stopped early, or another depth's, is more accurate."""
    searches = pd.DataFrame(
        [
            searched("learned", 1, 5, 64, 0.6),
            searched("random", 1, 5, 64, 0.45),
            searched("random", 1, 3, 64, 0.44),
            searched("random", 1, 7, 64, 0.5, stopped_after=4),
            searched("random", 1, 7, 128, float("nan"), stopped_after=0),
            searched("random", 2, 3, 32, 0.7),
        ]
    )
    table = configurations(searches, main)
    key = ["filters", "layers", "filter size", "channels"]
    chosen = table.loc[table["chosen"] == "yes", key]
    assert chosen.to_numpy().tolist() == [["random", 1, 5, 64], ["learned", 1, 5, 64]]
    assert table["filter size"].tolist() == [3, 5, 7, 7, 3, 5]
    left_out = "left out: too many multiply-adds"
    assert table["stopped"].tolist() == ["", "", "after epoch 4", left_out, "", ""]
    assert table["validation accuracy (%)"].iloc[1] == pytest.approx(45)
    assert table["spread"].iloc[1] == pytest.approx(1)


@pytest.fixture
def varied():
    """Not in the order of the columns; nothing is varied for the last of Table 1's numbers."""
    return [
        pd.concat(
            [
                networks("patches", 1, [0.48], row="random", variant="patches"),
                networks("random", 1, [0.42], "after", row="random", variant="after"),
                networks("learned", 1, [0.58], row="random", variant="learned"),
            ]
        ),
        networks("learned", 1, [0.61], "after", row="learned", variant="after"),
        pd.DataFrame(columns=["row", "variant"]),
    ]


def test_variants_stand_beside_the_row_that_they_vary(main, varied):
    table = accuracies(together(main, varied))
    names = [TITLES[name] for name in ("main", "after", "patches", "learned")]
    assert list(table.columns) == ["row", "layers", "filter size", "channels", *names]
    assert table["row"].tolist() == ["random", "random", "learned"]
    assert table["layers"].dtype.kind == "i"
    assert table[names].iloc[0].tolist() == pytest.approx([45, 42, 48, 58])
    assert table[names].iloc[1].isna().tolist() == [False, True, True, True]
    learned = table[names].iloc[2]
    assert learned["main"] == pytest.approx(60) and learned[names[1]] == pytest.approx(61)
    assert learned[names[2:]].isna().all()


def test_costs_begin_with_the_main_reading(main, varied):
    table = training_costs(together(main, varied))
    expected = [("random", 1, name) for name in ("main", "after", "patches", "learned")]
    expected += [("random", 2, "main"), ("learned", 1, "main"), ("learned", 1, "after")]
    found = table[["row", "layers", "variant"]].itertuples(index=False, name=None)
    assert list(found) == [(row, layers, TITLES[name]) for row, layers, name in expected]
    assert table["seeds"].tolist() == [2, 1, 1, 1, 1, 1, 1]
    assert set(table["multiply-adds of the training"]) == {3000}
    assert table["trained parameters"].dtype.kind == "i"


def test_tables_without_variants(main):
    runs = together(main, [])
    assert list(accuracies(runs).columns)[-1] == "main"
    assert set(training_costs(runs)["variant"]) == {"main"}


def test_every_variant_has_a_title():
    assert list(TITLES) == ["main", *changes.VARIANTS]


def test_fidelity_counts_readings_and_no_extensions(main, varied, tmp_path):
    extensions = [
        networks("random", 1, [0.9], "fixed", row="random", variant="ridge"),
        networks("random", 1, [0.9], row="random", variant="crelu"),
        networks("mixed", 2, [0.9], row="learned", variant="mixed"),
    ]
    fixed = networks("random", 1, [0.3], "fixed", row="random", variant="fixed")
    paths = []
    for number, table in enumerate([main, *varied, *extensions, fixed]):
        paths.append(tmp_path / f"{number}.csv")
        table.to_csv(paths[-1], index=False)
    write_fidelity(
        paper=NUMBERS,
        classifiers=paths[:1],
        variants=paths[1:],
        sparsity=[],
        coherence=[],
        activation_space=[],
        image_space=[],
        weights="torchvision",
        seed=0,
        fidelity=tmp_path / "fidelity.csv",
        readings=tmp_path / "readings.csv",
        groups=tmp_path / "groups.csv",
    )
    table = pd.read_csv(tmp_path / "fidelity.csv").dropna(subset="ours")
    assert table.set_index(["id", "reading"])["ours"].round(6).to_dict() == {
        ("table1.random_filters.1_layers", "batch_norm=before"): 45,
        ("table1.random_filters.1_layers", "batch_norm=after"): 42,
        ("table1.random_filters.1_layers", "batch_norm=fixed"): 30,
        ("table1.random_filters.2_layers", "batch_norm=before"): 55,
        ("table1.learned_filters.1_layers", "batch_norm=before"): 60,
        ("table1.learned_filters.1_layers", "batch_norm=after"): 61,
    }
