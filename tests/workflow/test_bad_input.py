"""Bad data through Snakemake: one sentence, non-zero exit, nothing half-written, a clean rerun."""

import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import h5py
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from cnninvert.networks.layers import ARCHITECTURES


@pytest.fixture
def own(empty_project, tmp_path):
    """A project of the test's own, whose data may be spoilt."""
    folder = tmp_path / "project"
    (folder / "results" / "data" / "weights").mkdir(parents=True)
    for name in ("Snakefile", "config.yaml", "src", "workflow", "profiles", "tests"):
        (folder / name).symlink_to(empty_project.file(name))
    data = empty_project.file("results/data").resolve()
    for path in (data / "photographs", data / "cifar10.h5", *data.glob("weights/*")):
        (folder / "results" / "data" / path.relative_to(data)).symlink_to(path)
    return type(empty_project)(folder)


@pytest.fixture
def refuse(own, figure):
    """Run Snakemake and expect it to refuse its input in one sentence with these words."""

    def run(words, *arguments):
        process = own.snakemake(*arguments, "--rerun-triggers", "mtime")
        assert_refused(own.folder, process, words)
        figure("bad inputs refused, through Snakemake", 1)
        return process.stdout

    return run


def assert_refused(folder, process, words):
    output = process.stdout
    assert process.returncode != 0 and "Traceback" not in output, output
    # A job's sentence is shown when it fails and again with its log.
    lines = {line for line in output.splitlines() if words in line}
    assert len(lines) == 1 and lines.pop().endswith("."), output
    said = {line for line in output.splitlines() if re.match(r"\d\d:\d\d:\d\d \w+", line)}
    other = [line for line in said if words not in line and not re.search(r" in \d+ s$", line)]
    assert not [line for line in other if ": device: " not in line], output
    assert not half_written(folder)


def half_written(folder):
    """Temporary files, and outputs of failed jobs."""
    return [
        path
        for path in (folder / "results").rglob("*")
        if re.search(r"\.part\b|\.scratch-|\.token$", path.name)
    ]


def test_bad_images(own, refuse, tmp_path):
    images, target = tmp_path / "images", "results/tiny/images/photographs.h5"
    images.mkdir()
    setting = ("--config", f"images={{root: {images}, train: 2, test: 4}}")
    refuse("the folder holds no image", target, *setting)
    for number in range(10):
        Image.new("RGB", (64, 64)).save(images / f"{number}.png")
    for number in range(0, 10, 2):
        (images / f"{number}.png").write_bytes(b"this is no image")
    refuse("this image cannot be read", target, *setting)
    for number in range(0, 10, 2):
        Image.new("1", (20000, 20000)).save(images / f"{number}.png")
    refuse("shrink or remove", target, *setting)
    assert not list(own.file("results/tiny").rglob("*.csv"))
    for number in range(0, 10, 2):
        Image.new("CMYK", (64, 64)).save(images / f"{number}.png", "TIFF")
    pattern = "figure4={photographs: no*such}"
    refuse("figure4.photographs = no*such: no test photograph matches", target, *setting, pattern)
    own.run(target, *setting)
    with h5py.File(own.file(target)) as file:
        assert len(file["test"]) == 4


def test_bad_weights(own, refuse, tmp_path):
    path, target = tmp_path / "w.safetensors", "results/tiny/weights/vgg16-mine.safetensors"
    first = ARCHITECTURES["vgg16"][0]
    tensors = {"conv1_1.weight": torch.zeros(first.shape), "conv1_1.bias": torch.zeros(64)}
    tensors["conv1_1.weight"][5] = torch.nan
    save_file(tensors, path)
    setting = f"weights={{use: mine, files: {{mine: {{path: {path}, preprocessing: caffe-rgb}}}}}}"
    refuse(
        f"{path}: conv1_1.weight holds NaN or infinite values; get the file again.",
        *(target, "--config", setting),
    )
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    refuse("bytes, but its header says", target, "--config", setting)
    assert not own.file(target).exists()
    save_file({name: torch.ones_like(tensor) for name, tensor in tensors.items()}, path)
    own.run(target, "--config", setting)
    assert own.file(target).exists()


def test_bad_files_of_ours(own, refuse):
    """A truncated HDF5 file, and one of other datasets."""
    target = "results/tiny/stats/measure_sparsity/alexnet-torchvision.csv"
    photographs = own.file("results/tiny/images/photographs.h5")
    own.run("results/tiny/images/photographs.h5")
    with photographs.open("r+b") as file:
        file.truncate(100_000)
    words = "results/tiny/images/photographs.h5: it cannot be read; delete the file and run again."
    refuse(words, target)
    photographs.unlink()
    own.run(target)

    cifar10 = own.file("results/data/cifar10.h5")
    good = cifar10.resolve()
    cifar10.unlink()
    with h5py.File(cifar10, "w") as file:
        file["images"] = [1, 2, 3]
    target = "results/tiny/stats/search_classifiers/random-1.csv"
    refuse("results/data/cifar10.h5: it holds no dataset train_images; delete the file", target)
    cifar10.unlink()
    cifar10.symlink_to(good)
    own.run(target)


def test_a_full_disk(own, refuse, mounted):
    folder, target = own.file("results/tiny"), "results/tiny/images/photographs.h5"
    folder.mkdir()
    mounted(folder, "size=1500k")
    refuse("photographs.h5: No space left on device; make room there and run again.", target)
    assert [path.name for path in folder.glob("images/*")] == ["photographs.csv"]
    mounted(folder, "size=50m")
    own.run(target)
    with h5py.File(own.file(target)) as file:
        assert file["test"][:].any(axis=(1, 2, 3)).all()


def test_folders_that_cannot_be_written_to(own, refuse, mounted, tmp_path):
    folder, target = own.file("results/tiny"), "results/tiny/images/photographs.csv"
    folder.write_text("a file")
    refuse("results/tiny: here is a file where a folder is to be; move it away.", target)
    folder.unlink()
    folder.mkdir()
    mounted(folder, "ro")
    refuse("results/tiny: no writing there; make it writable, or run in another folder.", target)
    mounted(folder, "rw")
    own.run(target)
    # The folder that Snakemake itself keeps its notes in.
    mounted(tmp_path / "project" / ".snakemake", "ro")
    refuse(".snakemake: no writing there; make it writable", target, "--forceall")


def test_runs_beside_each_other(own, figure):
    """Two runs of a preset: the second is refused, the first unharmed. Two presets: both work."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "figure2"]
    first = subprocess.Popen(
        [*command, "--configfile", "tests/tiny.yaml", "--rerun-triggers", "mtime"],
        cwd=own.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not own.file("results/tiny/logs").exists() and first.poll() is None:
        time.sleep(0.05)
    first.send_signal(signal.SIGSTOP)  # so that it is still there when the others come
    with ThreadPoolExecutor(2) as pool:
        second = pool.submit(own.snakemake, "figure2")
        target = "results/other/images/photographs.csv"
        third = pool.submit(own.snakemake, target, "--config", "preset=other")
    first.send_signal(signal.SIGCONT)
    # Snakemake's words for a lock, or ours where a third run has taken its locks away.
    refusal = r"Directory cannot be locked|results/tiny: another run is at work there"
    assert re.search(refusal, second.result().stdout), second.result().stdout
    assert second.result().returncode != 0 and "Traceback" not in second.result().stdout
    assert third.result().returncode == 0 and own.file(target).exists()
    assert first.wait() == 0, first.stdout.read()
    assert own.file("results/tiny/figures/figure2.pdf").exists()
    assert not half_written(own.folder)
    assert "Nothing to be done" in own.run("figure2", "--rerun-triggers", "mtime")
    figure("bad inputs refused, through Snakemake", 1)


CONFIG_FILES = {
    "broken.yaml": (b"images: [a\nb: }", "is not valid JSON or YAML"),
    "tabs.yaml": (b"images:\n\ttest: 3\n", "whitespace and tab"),
    "list.yaml": (b"- 1\n- 2\n", "keys at top level"),
    "empty.yaml": (b"", "keys at top level"),
    "twice.yaml": (
        b"images: {train: 8}\nseed: 1\nimages: {test: 4}\n",
        "twice.yaml: line 3 has the key images again; remove one.",
    ),
    "section.yaml": (b"images:\n", "images = None (the photographs) must be of type object."),
    "latin.yaml": ("preset: é".encode("latin1"), "UnicodeDecodeError: 'utf-8' codec can't decode"),
    "missing.yaml": (None, "No such file or directory"),
}


def test_files_that_are_no_config(own, tmp_path, figure):
    for name, (content, _) in CONFIG_FILES.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
    with ThreadPoolExecutor(2) as pool:
        done = pool.map(
            lambda name: own.snakemake("figure2", preset=str(tmp_path / name)), CONFIG_FILES
        )
    for process, (name, (_, words)) in zip(done, CONFIG_FILES.items(), strict=True):
        assert process.returncode != 0 and words in process.stdout, process.stdout
        # Snakemake reads config files before anything of ours, and has no sentence for these two.
        assert ("Traceback" in process.stdout) == (name in ("latin.yaml", "missing.yaml"))
    assert [path.name for path in own.file("results").iterdir()] == ["data"]
    figure("bad inputs refused, through Snakemake", len(CONFIG_FILES))
