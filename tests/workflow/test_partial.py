"""What a change reruns: what depends on it, and nothing else."""

import contextlib

import pytest

AFTER_TABLE_3 = {"write_table3": 1, "write_fidelity": 1, "plot_fidelity": 1}
AFTER_VARIANTS = {
    **{"vary_classifier": 6, "write_table1_variants": 1},
    **{"write_fidelity": 1, "plot_fidelity": 1},
}
AFTER_DECODING = {
    **{"decode_pictures": 4, "write_table4": 1, "write_table4_pictures": 1, "check_claims": 1},
    **{
        "write_fidelity": 1,
        "plot_fidelity": 1,
        "plot_figure4": 4,
        "plot_switches": 1,
        "write_gallery": 1,
    },
}
AFTER_IHT = {
    **{"simulate_iht": 1, "measure_iht": 4, "reconstruct_iht": 4, **AFTER_DECODING},
    **{"plot_iht_codes": 1, "plot_iht_activations": 1},
    **{"write_iht_codes": 1, "write_iht_activations": 1},
}


@contextlib.contextmanager
def changed(project, name, old="", new="# changed\n"):
    """``name`` with ``old`` replaced by ``new`` (or with ``new`` at its end), then as before."""
    path = project.file(name)
    text = path.read_text()
    path.write_text(text.replace(old, new) if old else text + new)
    try:
        yield
    finally:
        path.write_text(text)
        # An older date again: the results are newer than the file they were made by.
        import os

        os.utime(path, (0, 0))


def test_a_single_figure_plans_only_what_it_needs(empty_project):
    planned = empty_project.planned("figure2", "--config", "preset=fresh")
    assert planned == {"simulate_theory": 1, "plot_figure2": 1}
    planned = empty_project.planned("table3", "--config", "preset=fresh")
    assert planned == {"measure_coherence": 1, "write_table3": 1}
    planned = empty_project.planned("iht_codes", "--config", "preset=fresh")
    assert planned == {"simulate_iht": 1, "write_iht_codes": 1, "plot_iht_codes": 1}
    planned = empty_project.planned("table1", "--config", "preset=fresh")
    assert planned == {
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
    both = "decoder={switches: [known, fixed]}"
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


CHANGES = [
    ("workflow/scripts/plot_figure4.py", {"plot_figure4": 4}),
    ("workflow/scripts/plot_decoder_curves.py", {"plot_decoder_curves": 1}),
    ("workflow/data/gallery.html", {"write_gallery": 1}),
    (
        "workflow/lib/cnninvert/coherence.py",
        {"measure_coherence": 2, "write_alexnet": 1, **AFTER_TABLE_3},
    ),
    (
        "workflow/lib/cnninvert/sparse_coding.py",
        {"recover_codes": 4, "plot_figure3": 1, "reconstruct_codes": 4, **AFTER_DECODING},
    ),
    ("workflow/lib/cnninvert/lpips.py", {"score_baselines": 1, **AFTER_DECODING}),
    ("workflow/lib/cnninvert/lpips_heads.py", {}),
    ("workflow/lib/cnninvert/least_squares.py", AFTER_IHT),
    ("workflow/lib/cnninvert/claims.py", {"check_claims": 1}),
    ("workflow/lib/cnninvert/ridge.py", AFTER_VARIANTS),
    ("workflow/lib/cnninvert/roofline.py", {}),
    ("workflow/lib/cnninvert/job.py", {}),
    ("workflow/lib/cnninvert/fetch.py", {}),
]


@pytest.mark.parametrize(("name", "expected"), CHANGES, ids=[name for name, _ in CHANGES])
def test_an_edited_file_reruns_its_dependants(project, name, expected):
    with changed(project, name):
        planned = project.planned()
    assert planned == expected
    assert project.planned() == {}


SETTINGS = [
    ("coherence={seeds: 3}", {"measure_coherence": 2, "write_alexnet": 1, **AFTER_TABLE_3}),
    ("figure4={rows: 3}", {"plot_figure4": 4}),
    ("reconstruct={codes_gap: 0.4}", {"reconstruct_codes": 4, **AFTER_DECODING}),
    ("metrics={lpips: []}", {"score_baselines": 1, **AFTER_DECODING}),
    ("classify={variants: [after]}", AFTER_VARIANTS),
    (
        "iht_activations={steps: [1, 3]}",
        {
            **{"measure_iht": 4, "check_claims": 1},
            **{"write_iht_activations": 1, "plot_iht_activations": 1},
        },
    ),
    ("device=cpu", {}),
]


@pytest.mark.parametrize(("setting", "expected"), SETTINGS, ids=[s for s, _ in SETTINGS])
def test_a_changed_setting_reruns_its_experiment(project, setting, expected):
    assert project.planned("--config", setting) == expected


def test_touching_a_file_without_changing_it_reruns_nothing(project):
    project.file("workflow/lib/cnninvert/coherence.py").touch()
    assert project.planned() == {}
