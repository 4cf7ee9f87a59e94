"""What a job asks a cluster for: more than was measured, and in proportion to the settings."""

import copy
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from cnninvert import costs, manifest
from cnninvert.costs import LONGEST, SHORTEST, Costs, read

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def preset(config, name):
    for section, values in yaml.safe_load((ROOT / "presets" / f"{name}.yaml").read_text()).items():
        config[section] = config[section] | values if isinstance(values, dict) else values
    return config


@pytest.mark.parametrize("rule", read())
def test_the_default_asks_for_more_than_was_measured(config, rule):
    asked, measured = Costs(config), read()[rule]
    assert asked.minutes(rule) * 60 >= 4 * measured["seconds"] - 30
    assert asked.minutes(rule) >= SHORTEST
    assert asked.megabytes(rule) >= 1.4 * measured["MiB"]


def test_all_that_is_scaled_was_measured(config):
    scaled = costs.work(config) | costs.batch(config) | costs.more_memory(config)
    assert set(scaled) <= set(read())


def test_time_and_memory_grow_with_the_work(config):
    before = Costs(config)
    more = copy.deepcopy(config)
    more["decoder"]["steps"]["vgg16"]["pool4"] *= 10
    more["decoder"]["batch"] *= 2
    after = Costs(more)
    longest = max(config["decoder"]["steps"]["vgg16"].values())
    grown = 2 * max(more["decoder"]["steps"]["vgg16"].values()) / longest
    assert after.minutes("train_decoder") == pytest.approx(
        grown * before.minutes("train_decoder"), rel=0.05
    )
    assert after.megabytes("train_decoder") > 1.5 * before.megabytes("train_decoder")
    assert after.minutes("recover_codes") == before.minutes("recover_codes")


def test_the_paper_s_preset_asks_for_hours_and_no_more_than_partitions_give(config):
    asked = Costs(preset(config, "paper"))
    assert 24 * 60 < asked.minutes("train_decoder") < LONGEST
    assert asked.minutes("test_classifier") == LONGEST
    assert asked.minutes("write_table4") == SHORTEST
    assert asked.megabytes("search_classifiers") > 30_000 + costs.LEAST


def test_a_gpu_s_process_is_larger(config):
    cpu = Costs(config).megabytes("sample_codes")
    config["device"] = "cuda"
    assert Costs(config).megabytes("sample_codes") == cpu + costs.CUDA


def test_a_run_is_measured_by_its_largest_jobs(config, tmp_path, monkeypatch):
    monkeypatch.setattr(costs, "COSTS", tmp_path / "costs.csv")
    monkeypatch.setattr(manifest, "read_manifest", lambda _: {"config": config})
    folder = tmp_path / "results" / "benchmarks"
    jobs = [
        ("recover_codes/a", 3.5, 900),
        ("recover_codes/b", 2, 1200.4),
        ("write_table2", 0.5, 80),
    ]
    for name, seconds, memory in jobs:
        path = folder / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tmax_rss\n{seconds}\t{memory}\n")
    costs.measure(tmp_path / "results")
    table = pd.read_csv(tmp_path / "costs.csv", index_col="rule")
    work, batch = config["rip"]["images"], config["rip"]["batch"]
    assert table.loc["recover_codes"].tolist() == [3.5, 1200, work, batch]
    assert table.loc["write_table2"].tolist() == [0.5, 80, 1, 1]
    # A run of one target leaves the other rules as they were.
    (folder / "write_table2.tsv").unlink()
    (folder / "recover_codes" / "a.tsv").write_text("s\tmax_rss\n7\t900\n")
    costs.measure(tmp_path / "results")
    again = pd.read_csv(tmp_path / "costs.csv", index_col="rule")
    assert again["seconds"].to_dict() == {"recover_codes": 7, "write_table2": 0.5}


def rules():
    """The text of each rule that may be submitted, by its name."""
    found = {}
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        parts = re.split(r"^rule (\w+):$", path.read_text(), flags=re.MULTILINE)
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return {name: body for name, body in found.items() if "localrule: True" not in body}


def test_every_rule_was_measured():
    assert set(rules()) == set(read())


@pytest.mark.parametrize("rule", rules())
def test_a_rule_asks_for_its_own_costs_unless_the_profile_s_defaults_do(config, rule):
    own = {"mem_mb=memory,", "runtime=wall_time,"} <= set(rules()[rule].split())
    assert own or (Costs(config).minutes(rule), Costs(config).megabytes(rule)) == (10, 1000)
    assert own or rule not in costs.work(config) | costs.batch(config)
