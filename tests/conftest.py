"""Fixtures that all tests share."""

import http.server
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
import torch

from local_server import Server
from machinery.errors import InputError

# Code of the pretend device, which its own processes import.
collect_ignore = ["pretend_cuda"]
PRETEND = Path(__file__).parent / "pretend_cuda"
# The longest files of tests begin first. The first of all makes the run of the tiny preset, which
# other processes copy; what stands directly behind it does without that run.
LONGEST = (
    *("workflow/test_independent.py", "workflow/test_slurm.py", "workflow/test_kills.py"),
    *("library/test_installation.py", "workflow/test_pretend_cuda.py", "workflow/test_run.py"),
    *("workflow/test_slurm_run.py", "workflow/test_bad_input.py", "workflow/test_inversion.py"),
    *("workflow/test_two_runs.py", "workflow/test_networks.py", "workflow/test_partial.py"),
    *("workflow/test_refusals.py", "workflow/test_configs.py"),
)


@pytest.fixture(params=["cpu", "cuda"])
def device(request) -> torch.device:
    """Each device there is."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("torch sees no CUDA device here")
    return torch.device(request.param)


@pytest.fixture(scope="session")
def pretend(tmp_path_factory) -> dict[str, str]:
    """Environment variables for processes on the pretend device (tests/pretend_cuda)."""
    if torch.cuda.is_available():
        pytest.skip("there is a real GPU")
    if not shutil.which("g++") or not shutil.which("gcc"):
        pytest.skip("backward passes on the pretend device need g++ and gcc")
    folder = tmp_path_factory.mktemp("pretend")
    engine, driver = folder / "libengine.so", folder / "driver" / "libcuda.so.1"
    driver.parent.mkdir()
    for compiler, source, library in (
        ("g++", "engine.cpp", engine),
        ("gcc", "driver.c", driver),
    ):
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", library, PRETEND / source]
        subprocess.run(command, check=True)
    logs = folder / "logs"
    logs.mkdir()
    paths = [PRETEND / "start", PRETEND, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "LD_LIBRARY_PATH": str(driver.parent),
        "LD_PRELOAD": str(engine),
        "PRETEND_CUDA_ENGINE": str(engine),
        "PRETEND_CUDA_LOGS": str(logs),
    }


@pytest.fixture
def random() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def settings_of_torch():
    """A benchmark's ``main`` sets them for the whole process; afterwards they are as before."""
    threads, backends = torch.get_num_threads(), (torch.backends.cudnn, torch.backends.cuda.matmul)
    tf32 = [backend.allow_tf32 for backend in backends]
    yield
    torch.set_num_threads(threads)
    for backend, allowed in zip(backends, tf32, strict=True):
        backend.allow_tf32 = allowed


@pytest.fixture
def mounted():
    """Mount a small disk in memory over a folder: ``mounted(folder, "size=1m")``; again to remount.

    Skips where that takes rights that the tests do not have.
    """
    folders = []

    def mount(folder: Path, options: str) -> None:
        again = ["-o", f"remount,{options}"] if folder in folders else ["-o", options]
        command = ["mount", "-t", "tmpfs", *again, "tmpfs", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"a small disk can be mounted by root only ({error})")
        if folder not in folders:
            folders.append(folder)

    yield mount
    for folder in folders:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def pytest_collection_modifyitems(items):
    """The longest files first, so that no process has long work left when the others are done."""
    order = {f"tests/{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(order)))


@pytest.fixture(scope="session", autouse=True)
def without_slurm() -> str:
    """Why the tests' Slurm does not run; empty where it does.

    Each start of Snakemake asks Slurm for its settings. A Slurm that is configured but does not
    answer, as this one after the machine has restarted, is waited for for ten seconds; with an
    empty file of settings Slurm's programs end at once.
    """
    command = [Path(__file__).parent / "slurm" / "one_node.sh", "status"]
    status = subprocess.run(command, capture_output=True, text=True)
    if status.returncode:
        os.environ["SLURM_CONF"] = os.devnull
    return status.stderr.strip() if status.returncode else ""


@pytest.fixture(scope="session", autouse=True)
def threads():
    """Processes beside each other share the machine's cores."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    torch.set_num_threads(max(1, torch.get_num_threads() // workers))


FIGURES: dict[str, int | None] = {}


@pytest.fixture
def figure():
    """Call it with words to print after the tests, and with a count to add up under them."""

    def add(words: str, count: int | None = None) -> None:
        FIGURES[words] = None if count is None else (FIGURES.get(words) or 0) + count

    return add


@pytest.fixture
def refuse(figure, tmp_path):
    """Call something that must refuse its input in words that name the file and say what to do."""

    def call(words, work, *arguments, **options):
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(InputError) as error:
            work(*arguments, **options)
        sentence = str(error.value)
        assert words in sentence and sentence.isprintable() and sentence.endswith("."), sentence
        assert sorted(tmp_path.rglob("*")) == before
        figure("bad inputs refused, by a function", 1)
        return sentence

    return call


@pytest.fixture
def server(monkeypatch):
    """The handler of a server on this machine, and the address of an archive there."""
    running = http.server.ThreadingHTTPServer(("localhost", 0), Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setattr(Server, "how", "whole")
    yield Server, f"http://localhost:{running.server_port}/cifar-10-binary.tar.gz"
    running.shutdown()


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = FIGURES


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    for words, count in node.workeroutput["figures"].items():
        FIGURES[words] = None if count is None else (FIGURES.get(words) or 0) + count


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("figures")
    for words, count in FIGURES.items():
        terminalreporter.line(words if count is None else f"{words}: {count}")
