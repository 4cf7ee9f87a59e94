"""A run leaves a manifest of what is there; the same preset gives the same tables."""

import platform
import subprocess
import sys

from machinery.files import sha256
from machinery.manifest import FOLDERS, read_manifest
from machinery.provenance import PACKAGES

# One job of each kind of work: training, extraction, recovery, reconstruction, decoding.
AGAIN = [
    "stats/test_classifier/random-1.csv",
    "stats/test_classifier/learned-1.csv",
    "stats/recover_codes/torchvision-learned-linear.csv",
    "stats/decode_pictures/pool1-known-one_step.csv",
    "tables/table3.csv",
    "tables/iht_codes.csv",
    "figures/figure2.png",
    "figures/iht_codes.pdf",
]


def compare(project, first, second):
    """The lines that the command prints, and its exit code."""
    command = [sys.executable, "workflow/compare.py", f"results/{first}", f"results/{second}"]
    found = subprocess.run(command, cwd=project.folder, capture_output=True, text=True)
    return found.stdout.splitlines(), found.returncode


def test_the_manifest_describes_the_run(project):
    folder = project.file("results/tiny")
    manifest = read_manifest(folder)
    there = [path for name in FOLDERS for path in folder.glob(f"{name}/**/*") if path.is_file()]
    assert manifest["files"] == {str(path.relative_to(folder)): sha256(path) for path in there}
    assert (manifest["preset"], manifest["seed"]) == ("tiny", 0)
    assert manifest["config"]["figure2"] == {
        **{"trials": 50, "filter_size": 5, "channels": 32, "filters": 96},
        **{"length": 32, "sparsity": 10},
    }
    names = ("vgg16-torchvision", "alexnet-torchvision")
    inputs = [f"results/data/weights/{name}.safetensors" for name in names]
    inputs.append("results/data/cifar10.h5")
    assert manifest["inputs"].keys() == {*inputs, "photographs"}
    assert all(manifest["inputs"][name] == sha256(project.file(name)) for name in inputs)
    jobs = manifest["jobs"]
    assert jobs["count"] == len(list((folder / "logs").rglob("*.log")))
    assert jobs["without_record"] == []
    # But for what other tests made of a picture and of other networks.
    others = ("figures/picture_", "networks/")
    assert [n for n in manifest["other_settings"] if not n.startswith(others)] == []
    environment = jobs["environment"]
    assert environment["python"] == platform.python_version()
    assert set(PACKAGES) <= environment.keys() and environment["device"]
    text = (folder / "manifest.json").read_text()
    for private in (str(project.folder), platform.node()):
        assert private not in text


def test_the_same_preset_gives_the_same_tables(project):
    """Under another name, so that everything is computed again."""
    project.run(*(f"results/again/{name}" for name in AGAIN), "--config", "preset=again")
    again, first = (read_manifest(project.file(f"results/{name}")) for name in ("again", "tiny"))
    assert set(AGAIN) <= again["files"].keys()
    # How many jobs count the photographs' non-zeros is the tests' choice.
    same = {name: sum for name, sum in again["files"].items() if "/nonzeros/" not in name}
    assert same.items() <= first["files"].items()
    lines, code = compare(project, "tiny", "again")
    assert code == 1  # since the second run has fewer tables
    for section in ("settings", "inputs", "environment"):
        assert f"{section}: the same" in lines
    different = [line for line in lines if line.startswith("  ") and ": made with " not in line]
    assert different and all(line.endswith("only in results/tiny") for line in different)


def test_a_figure_that_is_made_alone_leaves_the_others_with_their_settings(project):
    project.run("figure2", "--config", "preset=parts")
    project.run("alexnet", "--config", "preset=parts", "table3={banks: 3}")
    manifest = read_manifest(project.file("results/parts"))
    assert manifest["config"]["table3"]["banks"] == 3
    assert {"figures/figure2.png", "tables/alexnet.csv"} <= manifest["files"].keys()
    others = ["figures/figure2.pdf", "figures/figure2.png"]
    others += ["stats/simulate_theory-bound.csv", "stats/simulate_theory.csv"]
    assert manifest["other_settings"] == {name: {"table3.banks": 2} for name in others}
    lines, _ = compare(project, "tiny", "parts")
    assert "  table3.banks: 2 | 3" in lines
    assert "  results/parts/figures/figure2.png: made with table3.banks = 2" in lines
    assert any("cells, by at most" in line for line in lines)


def test_a_run_that_fails_leaves_a_manifest_of_what_it_made(project, tmp_path):
    no_photographs = f"images={{root: {tmp_path}}}"
    targets = ("figure2", "table2", "--config", "preset=failing", no_photographs)
    assert project.snakemake(*targets).returncode != 0
    manifest = read_manifest(project.file("results/failing"))
    assert {"figures/figure2.pdf", "figures/figure2.png"} <= manifest["files"].keys()
    assert manifest["jobs"]["without_record"] == ["index_photographs"]
    assert manifest["config"]["images"]["root"] == str(tmp_path)
