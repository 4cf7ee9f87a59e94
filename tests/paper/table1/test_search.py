"""Table 1's protocol: the choice never sees the test set, which is used once."""

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from machinery.checkpoints import Checkpoints
from machinery.errors import InputError
from paper.table1 import search as protocol
from paper.table1.architecture import Architecture
from paper.table1.closed_form import ClosedForm, evaluate_ridge
from paper.table1.images import Augmentation, Images
from paper.table1.optimisation import Training
from paper.table1.recipe import Recipe
from paper.table1.search import Validation, best, evaluate, search
from paper.table1.variants import evaluate_variants
from paper.table1.varied import VARIANTS, are_varied, vary
from table1.search_classifiers import search_classifiers
from table1.write_table1_configurations import CONFIGURATION, configurations

RECIPE = Recipe(4, 20, 0.01, Augmentation(flips=True, shifts=0), 10**9)
GRID = [Architecture("random", 1, size, channels) for size in (3, 5) for channels in (2, 4)]


def kept(folder):
    """Checkpoints in ``folder``."""
    return Checkpoints(folder, {}, "c0de")


@pytest.fixture
def images():
    random = torch.Generator().manual_seed(0)
    return Images(torch.randn(80, 3, 32, 32, generator=random), torch.arange(80) % 10)


def test_one_split_is_disjoint_and_seeded():
    ((seen, held_out),) = Validation(1, 0.2).splits(100, seed=0)
    assert (len(seen), len(held_out)) == (80, 20)
    assert sorted([*seen.tolist(), *held_out.tolist()]) == list(range(100))
    assert torch.equal(Validation(1, 0.2).splits(100, seed=0)[0][1], held_out)
    assert not torch.equal(Validation(1, 0.2).splits(100, seed=1)[0][1], held_out)


def test_folds_hold_out_each_image_once():
    splits = Validation(3, 0.2).splits(10, seed=0)
    assert sorted(row for _, held_out in splits for row in held_out.tolist()) == list(range(10))
    for seen, held_out in splits:
        assert sorted([*seen.tolist(), *held_out.tolist()]) == list(range(10))


@pytest.mark.parametrize("folds", [1, 3])
def test_search_halves_and_reports_every_configuration(images, tmp_path, folds):
    table, curves = search(GRID, images, Validation(folds, 0.25), RECIPE, 2, 0, kept(tmp_path))
    assert table[["size", "channels"]].to_numpy().tolist() == [[3, 2], [3, 4], [5, 2], [5, 4]]
    assert sorted(table["epochs"]) == [1, 1, 2, 4]
    assert (table["stopped_early"] == (table["epochs"] < 4)).all()
    for row in table.itertuples():
        curve = curves[(curves["size"] == row.size) & (curves["channels"] == row.channels)]
        assert len(curve) == folds * row.epochs and set(curve["fold"]) == set(range(folds))
        last = curve.loc[curve["epoch"] == row.epochs, "validation"]
        assert row.validation_accuracy == pytest.approx(last.mean())
        assert np.isnan(row.spread) if folds == 1 else row.spread == pytest.approx(last.std())
    # Who stopped after the first epoch was then no better than who went on.
    first = curves[curves["epoch"] == 1].groupby(["size", "channels"])["validation"].mean()
    went_on = table.set_index(["size", "channels"])["epochs"] > 1
    assert first[~went_on].max() <= first[went_on].min()
    # Only the weights of those that went on are left.
    sizes = sorted(path.stat().st_size for path in tmp_path.glob("*.pt"))
    assert len(sizes) == 4 * folds and sizes[3 * folds - 1] < sizes[3 * folds] / 10


@pytest.mark.parametrize("steps", [2, 11, 14, 17, 20])
def test_killed_search_repeats_no_epoch(images, tmp_path, monkeypatch, steps):
    arguments = (GRID, images, Validation(1, 0.25), RECIPE, 2, 0)
    expected = search(*arguments, kept(tmp_path / "whole"))
    advance, taken = Training.advance, []

    def killed(self, step):
        if len(taken) == steps:
            raise KeyboardInterrupt
        taken.append(step)
        advance(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            search(*arguments, kept(tmp_path / "killed"))
    before = len(taken)
    steps = 10**6
    monkeypatch.setattr(Training, "advance", killed)
    for found, wanted in zip(search(*arguments, kept(tmp_path / "killed")), expected, strict=True):
        pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    # Epochs of three steps: 4 of the first rung, 2 of the second, 2 of the last.
    assert before + 24 - before // 3 * 3 == len(taken)


@pytest.mark.parametrize(
    ("filters", "batch_norm"),
    [(filters, "before") for filters in ("random", "patches", "mixed", "learned")]
    + [("random", "fixed"), ("patches", "fixed")],
)
def test_held_out_images_decide_on_scores_alone(images, tmp_path, filters, batch_norm):
    ((_, held_out),) = Validation(1, 0.25).splits(80, seed=0)
    others = Images(images.pixels.clone(), images.labels.clone())
    others.pixels[held_out] = others.pixels[held_out].flip(0) + 3
    others.labels[held_out] = (others.labels[held_out] + 1) % 10
    grid = [Architecture(filters, 2, 3, 4, batch_norm)]
    curves = [
        search(grid, some, Validation(1, 0.25), RECIPE, 2, 0, kept(path))[1]
        for some, path in ((images, tmp_path / "a"), (others, tmp_path / "b"))
    ]
    columns = ["train_loss", "train_accuracy"]
    pd.testing.assert_frame_equal(*(curve[columns] for curve in curves), check_exact=True)
    assert not curves[0]["validation"].equals(curves[1]["validation"])


def test_cycles_end_where_configurations_are_compared(images, tmp_path, monkeypatch):
    recipes = []
    known = protocol.learning_curve

    def watched(architecture, task, recipe, *others):
        recipes.append(recipe)
        return known(architecture, task, recipe, *others)

    monkeypatch.setattr(protocol, "learning_curve", watched)
    search(GRID[:2], images, Validation(1, 0.25), RECIPE, 2, 0, kept(tmp_path))
    assert {recipe.restarts for recipe in recipes} == {(1, 2)}


def test_a_diverging_configuration_is_out_and_the_others_go_on(images, tmp_path, monkeypatch):
    close = Training.end_epoch

    def diverging(self):
        if self.network.architecture.size == 5:
            self.sums[0] = float("nan")
        close(self)

    monkeypatch.setattr(Training, "end_epoch", diverging)
    table, _ = search(GRID, images, Validation(1, 0.25), RECIPE, 2, 0, kept(tmp_path))
    assert table["validation_accuracy"].isna().tolist() == [False, False, True, True]
    assert best(table).size == 3
    with pytest.raises(InputError, match="learning_rate"):
        best(table[table["size"] == 5].assign(stopped_early=False))


def test_best_takes_the_cheapest_of_equals_that_went_to_the_end():
    table = pd.DataFrame(
        {
            "filters": "learned",
            "layers": 2,
            "size": [3, 5, 7, 7],
            "channels": [8, 8, 4, 8],
            "validation_accuracy": [0.4, 0.5, 0.5, 0.9],
            "multiply_adds": [10, 30, 20, 40],
            "stopped_early": [False, False, False, True],
        }
    )
    assert best(table) == Architecture("learned", 2, 7, 4)


def test_search_never_reads_test_images(tmp_path, monkeypatch):
    # A file without test images, to which every look is reported.
    with h5py.File(tmp_path / "cifar10.h5", "w") as file:
        file["train_images"] = np.zeros((80, 3, 32, 32), np.uint8)
        file["train_labels"] = np.arange(80) % 10
    looked_at = []
    look = h5py.File.__getitem__
    monkeypatch.setattr(
        h5py.File, "__getitem__", lambda file, name: (looked_at.append(name), look(file, name))[1]
    )
    recipe = {"epochs": 2, "batch": 20, "learning_rate": 0.01, "flips": True, "shifts": 0}
    recipe |= {"filter_rate": 0.1, "smoothing": 0.1, "mirrored": True}
    search_classifiers(
        cifar10=tmp_path / "cifar10.h5",
        whitened=[],
        filters="random",
        layers="1",
        sizes=[3, 5, 7],
        channels=[2],
        multiply_adds=0.2,
        chosen=None,
        images=80,
        folds=1,
        validation=0.25,
        halving=2,
        recipe=recipe | {"precision": "float32", "cache_gb": 1},
        seed=0,
        checkpoints=kept(tmp_path / "state"),
        gpu=0,
        table=tmp_path / "t.csv",
        curves=tmp_path / "c.csv",
    )
    assert set(looked_at) == {"train_images", "train_labels"}
    table, curves = pd.read_csv(tmp_path / "t.csv"), pd.read_csv(tmp_path / "c.csv")
    # 7 x 7 filters take 0.3 million multiply-adds.
    assert table["size"].tolist() == [3, 5, 7] and table["images"].tolist() == [60, 60, 0]
    assert sorted(table["epochs"]) == [0, 1, 2] and table["stopped_early"].sum() == 2
    left_out = table.iloc[2]
    assert pd.isna(left_out["validation_accuracy"]) and left_out["multiply_adds"] > 3e5
    assert len(curves) == 3
    # The job removes them when all is written.
    assert len(list((tmp_path / "state").iterdir())) == 2


def test_each_seed_is_tested_once(images, tmp_path):
    test = Images(images.pixels[:30], images.labels[:30])
    table, curves, networks = evaluate(GRID[0], images, test, RECIPE, [0, 1], kept(tmp_path))
    assert table["seed"].tolist() == [0, 1] and len(networks) == 2
    assert table["test_accuracy"].between(0, 1).all()
    assert set(table["train_images"]) == {80} and set(table["test_images"]) == {30}
    assert len(curves) == 2 * RECIPE.epochs and curves["validation"].isna().all()


@pytest.mark.parametrize("filters", ["random", "learned"])
def test_variants_change_one_thing_each(images, tmp_path, filters):
    chosen = Architecture(filters, 2, 3, 4)
    table, curves = evaluate_variants(
        chosen, list(VARIANTS), images, images, RECIPE, [0, 1], kept(tmp_path)
    )
    expected = {
        "random": ["after", "fixed", "ridge", "crelu", "patches", "learned"],
        "learned": ["after", "crelu", "mixed"],
    }[filters]
    assert table["variant"].tolist() == [name for name in expected for _ in (0, 1)]
    assert set(table["row"]) == {filters}
    assert set(curves["variant"]) == {name for name in expected if name != "ridge"}
    assert table["test_accuracy"].between(0, 1).all()
    by_variant = table.set_index("variant")
    assert set(by_variant.loc["after", "batch_norm"]) == {"after"}
    assert set(by_variant.loc["crelu", "activation"]) == {"crelu"}
    fields = ["filters", "batch_norm", "activation"]
    plain = [filters, "before", "relu"]
    for name in expected:
        changed = [
            by_variant[field].loc[name].iloc[0] != p for field, p in zip(fields, plain, strict=True)
        ]
        assert sum(changed) == 1, name


def test_no_variants_give_empty_tables(images, tmp_path):
    chosen = Architecture("learned", 1, 3, 4)
    assert vary(chosen, "mixed") is None  # its one layer would be random
    table, curves = evaluate_variants(
        chosen, ["mixed"], images, images, RECIPE, [0], kept(tmp_path)
    )
    assert table.empty and curves.empty
    assert list(table.columns) == ["row", "variant"]


def test_ridge_without_memory_is_left_out(images, tmp_path, caplog):
    recipe = Recipe(1, 20, 0.01, Augmentation(True, 0), 1000)
    how = ClosedForm(flips=True, mirrored=False, cache=1000)
    chosen = Architecture("random", 1, 3, 4)
    table, _ = evaluate_variants(chosen, ["ridge"], images, images, recipe, [0], kept(tmp_path))
    varied = vary(chosen, "ridge")
    assert evaluate_ridge(varied, images, images, how, 0, kept(tmp_path)) is None
    assert table.empty and "table1.cache_gb" in caplog.text


def test_a_given_configuration_is_not_searched_for(tmp_path):
    nothing = dict.fromkeys(
        ["whitened", "sizes", "channels", "multiply_adds", "images", "folds", "validation"]
    )
    search_classifiers(
        **nothing,
        halving=1,
        recipe={},
        seed=0,
        cifar10=tmp_path / "not read",
        filters="random",
        layers="2",
        chosen={"size": 3, "channels": 512, "epochs": 6},
        checkpoints=kept(tmp_path / "state"),
        gpu=0,
        table=tmp_path / "t.csv",
        curves=tmp_path / "c.csv",
    )
    table = pd.read_csv(tmp_path / "t.csv")
    assert best(table) == Architecture("random", 2, 3, 512)
    assert pd.read_csv(tmp_path / "c.csv").empty
    shown = configurations(table, pd.DataFrame([("random", 2, 3, 512)], columns=CONFIGURATION))
    assert shown[["stopped", "chosen"]].values.tolist() == [["not searched: given", "yes"]]


def test_rows_of_which_no_variant_says_anything_are_known():
    assert are_varied("random", 1, ["fixed"]) and not are_varied("learned", 1, ["fixed"])
    assert are_varied("learned", 2, ["mixed"]) and not are_varied("learned", 1, ["mixed"])
    assert not are_varied("random", 1, [])
