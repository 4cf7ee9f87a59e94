"""A manifest describes the files that are there, and two of them say what differs."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from compare import table_differences
from machinery.errors import InputError
from machinery.files import sha256
from machinery.manifest import flat, read_manifest, write_manifest

ROOT = Path(__file__).parents[2]
CONFIG = {"preset": "a", "seed": 0, "figure3": {"lambda": 0.1, "images": 16}}
TABLE = "tables/table4.csv"
NETWORK = "networks/alexnet/stats/sparsity.csv"


def results(folder, table="layer,error\npool(1),0.5 ± 0.1\n"):
    """A preset's folder with a table, a figure, a statistic, photographs, and two jobs' records."""
    for name, text in (
        (TABLE, table),
        ("figures/figure2.png", "a picture"),
        ("stats/simulate_theory.csv", "ratio\n1.0\n"),
        ("images/photographs.csv", "split,path\ntest,x.jpg\n"),
        ("photographs/x.jpg", "pixels"),
        ("logs/plot_figure2.log", ""),
        ("logs/write_table4.log", ""),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    job(folder, "plot_figure2")
    job(folder, "write_table4")
    return folder


def job(folder, rule, **environment):
    record = {
        **{"rule": rule, "wildcards": {}, "started": "2026-01-01T00:00:00+00:00"},
        **{"starting": 1.5, "work": 2.0, "threads": 1},
        "environment": {"torch": "2.14.1", "device": "a processor", **environment},
    }
    (folder / f"logs/{rule}.json").write_text(json.dumps(record))


def write(folder, config=CONFIG, up_to_date=(TABLE, "figures/figure2.png", "stats/x.csv")):
    inputs = {"cifar10": folder / "photographs" / "x.jpg", "weights": folder / "missing"}
    write_manifest(folder, config, inputs, folder / "photographs", up_to_date)
    return read_manifest(folder)


def compared(*folders):
    """The command's output and exit code."""
    command = [sys.executable, ROOT / "workflow" / "compare.py", *folders]
    found = subprocess.run(command, capture_output=True, text=True)
    return found.stdout + found.stderr, found.returncode


def test_it_lists_what_is_there(tmp_path):
    results(tmp_path)
    for name in (NETWORK, "networks/alexnet/network.safetensors"):  # but no weights
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    manifest = write(tmp_path)
    assert manifest["config"] == CONFIG and manifest["seed"] == 0
    assert manifest["inputs"].keys() == {"cifar10", "photographs"}  # what is missing is left out
    assert manifest["files"] == {
        name: sha256(tmp_path / name)
        for name in ("figures/figure2.png", NETWORK, "stats/simulate_theory.csv", TABLE)
    }
    assert manifest["jobs"]["count"] == 2 and manifest["jobs"]["work_seconds"] == 4
    assert manifest["jobs"]["environment"] == {
        **{"threads": "1", "torch": "2.14.1", "device": "a processor"},
    }
    assert manifest["jobs"]["without_record"] == []


def test_photographs_are_known_by_name_and_content(tmp_path):
    found = write(results(tmp_path))["inputs"]["photographs"]
    (tmp_path / "photographs" / "x.jpg").write_text("other pixels")
    assert write(tmp_path)["inputs"]["photographs"] not in (found, None)
    (tmp_path / "photographs" / "x.jpg").unlink()
    assert write(tmp_path)["inputs"]["photographs"] is None


def test_rules_are_named_where_jobs_disagree(tmp_path):
    results(tmp_path)
    job(tmp_path, "write_table4", torch="2.11.0", cudnn="9")
    (tmp_path / "logs" / "old.log").touch()
    jobs = write(tmp_path)["jobs"]
    assert jobs["environment"] == {
        "threads": "1",
        "device": "a processor",
        "torch": {"2.11.0": ["write_table4"], "2.14.1": ["plot_figure2"]},
        "cudnn": {"9": ["write_table4"]},
    }
    assert jobs["without_record"] == ["old"]


def test_files_that_a_run_leaves_alone_keep_the_settings_of_theirs(tmp_path):
    """As after `snakemake figure2` with another seed."""
    first = write(results(tmp_path))
    assert first["other_settings"] == {"stats/simulate_theory.csv": None}
    changed = CONFIG | {"seed": 1}
    figure = "figures/figure2.png"
    second = write(tmp_path, changed, up_to_date=[figure, "stats/simulate_theory.csv"])
    assert second["other_settings"] == {TABLE: {"seed": 0}}
    third = write(
        tmp_path, changed | {"figure3": {"lambda": 0.2, "images": 16}}, up_to_date=[figure]
    )
    assert third["other_settings"] == {
        "stats/simulate_theory.csv": {"figure3.lambda": 0.1},
        TABLE: {"seed": 0, "figure3.lambda": 0.1},
    }
    statistic = "stats/simulate_theory.csv"
    fourth = write(tmp_path, CONFIG, up_to_date=[figure])
    assert fourth["other_settings"] == {statistic: {"seed": 1}}
    (tmp_path / statistic).write_text("ratio\n1.1\n")  # by a run that was interrupted
    assert write(tmp_path, up_to_date=[figure, TABLE])["other_settings"] == {statistic: None}


def test_flat_settings():
    assert flat({"a": {"b": {"c": 1}, "d": [1]}, "e": {}}) == {"a.b.c": 1, "a.d": [1], "e": {}}


def test_identical_tables(tmp_path):
    first, second = results(tmp_path / "a"), results(tmp_path / "b")
    write(first)
    write(second, CONFIG | {"preset": "b"})
    output, code = compared(first, second)
    assert code == 0
    for line in (
        *("settings: the same", "inputs: the same", "environment: the same"),
        "tables: 1 of 1 files are identical",
    ):
        assert line in output.splitlines()


def test_what_differs_is_said(tmp_path):
    first = results(tmp_path / "a")
    second = results(tmp_path / "b", "layer,error\npool(1),0.5 ± 0.1001\n")
    (second / "figures" / "figure3.png").touch()
    job(second, "write_table4", device="a GPU")
    write(first)
    write(second, CONFIG | {"figure3": {"lambda": 0.2, "images": 16}})
    output, code = compared(first, second)
    assert code == 1
    for line in (
        "  figure3.lambda: 0.1 | 0.2",
        "  device: a processor | a GPU in write_table4; a processor in plot_figure2",
        f"  {TABLE}",
        "    error: 1 of 1 cells, by at most 0.0001 (relative 0.001)",
        f"  figures/figure3.png: only in {second}",
        "stats: 1 of 1 files are identical",
    ):
        assert line in output.splitlines(), output


def test_what_cannot_be_compared_is_refused_in_one_sentence(tmp_path):
    first, second = results(tmp_path / "a"), results(tmp_path / "b")
    write(first)
    for text, words in (
        (None, "No such file"),
        ("{", "not JSON"),
        ('{"format": 1}', "not a manifest of format"),
    ):
        if text:
            (second / "manifest.json").write_text(text)
        output, code = compared(first, second)
        assert code == 2 and words in output and output.count("\n") == 1
    write(second)
    assert compared(first, second)[1] == 0
    (second / TABLE).write_text("layer,error\n")
    output, code = compared(first, second)
    assert code == 2 and f"{second / TABLE}: this is not the table" in output
    (second / TABLE).unlink()
    assert compared(first, second)[1] == 2


def test_a_damaged_manifest_is_no_excuse_for_no_new_one(tmp_path):
    results(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(InputError):
        read_manifest(tmp_path)
    assert write(tmp_path)["other_settings"] == {"stats/simulate_theory.csv": None}


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        ("x\n1\n2\n", "x\n1\n2\n", []),
        ("x\n1\n2\n", "x\n1\n2.5\n", ["x: 1 of 2 cells, by at most 0.5 (relative 0.2)"]),
        ("x\n1e-3\n", "x\n-1e-3\n", ["x: 1 of 1 cells, by at most 0.002 (relative 2)"]),
        ("x\n1\n", "x\n1.0\n", ["x: 1 of 1 cells, by at most 0 (relative 0)"]),
        ("x\na\n", "x\nb\n", ["x: a | b"]),
        ("x\n1\n", "x\n\n", ["x: 1 | nothing"]),
        ("x,y\n1,2\n", "x,z\n1,2\n", ["y: only in the first", "z: only in the second"]),
        ("x\n1\n", "x\n1\n2\n", ["1 rows, 2 rows"]),
        ("x\na\na\na\na\n", "x\nb\nb\nb\nb\n", [*["x: a | b"] * 3, "x: and 1 more"]),
    ],
)
def test_by_how_much_tables_differ(first, second, lines):
    # A column beside, since a row without any text is no row.
    texts = ("".join(f"{line},.\n" for line in text.splitlines()) for text in (first, second))
    tables = [pd.read_csv(io.StringIO(text), dtype=str).fillna("") for text in texts]
    assert table_differences(*tables) == lines


def test_tables_of_other_networks_are_compared_too(tmp_path):
    folders = tmp_path / "first", tmp_path / "second"
    for folder, value in zip(folders, (1, 2), strict=True):
        results(folder)
        path = folder / "networks" / "alexnet" / "tables" / "audit.csv"
        path.parent.mkdir(parents=True)
        path.write_text(f"factor\n{value}\n")
        write(folder)
    text, code = compared(*folders)
    assert code == 1 and "factor: 1 of 1 cells" in text
    path.write_text("factor\n3\n")
    text, code = compared(*folders)
    assert code == 2 and "audit.csv: this is not the table" in text
