"""What a change reruns: what depends on it, and nothing else."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from edits import EDITS, PAGE, table


def test_a_single_figure_plans_only_what_it_needs(empty_project):
    planned = empty_project.planned("figure2", "--config", "preset=fresh")
    assert planned == {"simulate_theory": 1, "plot_figure2": 1}
    planned = empty_project.planned("table3", "--config", "preset=fresh")
    assert planned == {"measure_coherence": 1, "write_table3": 1}
    planned = empty_project.planned("iht_codes", "--config", "preset=fresh")
    assert planned == {"simulate_iht": 1, "write_iht_codes": 1, "plot_iht_codes": 1}
    planned = empty_project.planned("table1", "--config", "preset=fresh")
    assert planned == {
        "whiten_cifar10": 1,
        **{"search_classifiers": 6, "test_classifier": 6, "vary_classifier": 6},
        **{"write_table1": 1, "write_table1_configurations": 1, "write_table1_variants": 1},
        **{"plot_table1_channels": 1, "plot_table1_curves": 1},
    }


def test_figure_3_for_every_layer_is_made_on_demand_only(empty_project):
    every = "figure3_layers={layers: null}"
    planned = empty_project.planned("figure3_layers", "--config", "preset=fresh", every)
    assert planned == {
        **{"index_photographs": 1, "crop_photographs": 1},
        **{"recover_layer_codes": 2 * (13 + 5), "write_figure3_layers": 1},
        **{"plot_figure3_layers": 1, "plot_figure3_lambda": 1},
    }
    assert not set(empty_project.planned("--config", "preset=fresh")) & {
        *("recover_layer_codes", "write_figure3_layers"),
        *("plot_figure3_layers", "plot_figure3_lambda"),
    }


def test_decoders_that_table_4_does_not_need_are_trained_on_demand_only(empty_project):
    both = "decoders={switches: [known, fixed]}"
    planned = empty_project.planned("decoders", "--config", "preset=fresh", both)
    assert planned == {
        **{"index_photographs": 1, "crop_photographs": 1},
        **{"train_decoder": 2 * (5 + 3), "evaluate_decoder": 2 * (5 + 3), "write_decoders": 1},
        **{"score_baselines": 1},
    }
    planned = empty_project.planned("decoder_curves", "--config", "preset=fresh", both)
    assert planned["train_decoder"] == 2 * 4 and planned["plot_decoder_curves"] == 1
    planned = empty_project.planned("--config", "preset=fresh", both)
    assert planned["train_decoder"] == 2 * 4
    assert "evaluate_decoder" not in planned and "write_decoders" not in planned


def named(edit):
    return edit.place.removeprefix("workflow/")


@pytest.fixture(scope="module")
def plans(project, request, tmp_path_factory):
    """What each edit that is to be tested reruns: each in a copy of the project, two at a time."""

    def plan(edit):
        copy = project.copy(tmp_path_factory.mktemp("edited"))
        if edit.is_setting:
            return copy.planned("--config", edit.place)
        with copy.file(edit.place).open("a") as file:
            file.write("\n# changed\n")
        return copy.planned()

    calls = [getattr(item, "callspec", None) for item in request.session.items]
    edits = [call.params["edit"] for call in calls if call and "edit" in call.params]
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(map(named, edits), pool.map(plan, edits), strict=True))


@pytest.mark.parametrize("edit", EDITS, ids=named)
def test_an_edit_reruns_its_dependants_and_nothing_else(plans, edit):
    assert plans[named(edit)] == edit.reruns


def test_the_documented_table_is_the_tested_one():
    assert PAGE.read_text().endswith(table()), "run: python tests/workflow/edits.py"


def test_a_project_that_is_moved_or_touched_reruns_nothing(project, tmp_path):
    copy = project.copy(tmp_path)
    copy.file("src/cnninvert/theory/coherence.py").touch()
    copy.file("workflow/scripts/data/download_cifar10.py").touch()
    assert copy.planned() == {}
