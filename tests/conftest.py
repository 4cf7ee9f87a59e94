"""Fixtures that all tests share."""

import pytest
import torch


@pytest.fixture(params=["cpu", "cuda"])
def device(request) -> torch.device:
    """Each device there is."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("torch sees no CUDA device here")
    return torch.device(request.param)


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


FIGURES: dict[str, int | None] = {}


@pytest.fixture
def figure():
    """Call it with words to print after the tests, and with a count to add up under them."""

    def add(words: str, count: int | None = None) -> None:
        FIGURES[words] = None if count is None else (FIGURES.get(words) or 0) + count

    return add


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("figures")
    for words, count in FIGURES.items():
        terminalreporter.line(words if count is None else f"{words}: {count}")
