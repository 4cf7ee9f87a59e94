"""torch is asked for a GPU where the system shows one, and nowhere else."""

import subprocess

import pytest

from paper.settings.gpu import has_gpu


@pytest.fixture
def torch_says(monkeypatch):
    """Make torch find a GPU, or none; a list of the times that it was asked."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    asked = []

    def answer(found):
        def run(command, **_options):
            asked.append(command)
            return subprocess.CompletedProcess(command, 0 if found else 1)

        monkeypatch.setattr(subprocess, "run", run)
        has_gpu.cache_clear()
        return asked

    yield answer
    has_gpu.cache_clear()


@pytest.mark.parametrize("name", ["nvidia0", "dxg"])
@pytest.mark.parametrize("found", [True, False])
def test_torch_decides_once(name, found, torch_says, tmp_path, capsys):
    (tmp_path / name).touch()
    asked = torch_says(found)
    assert [has_gpu(tmp_path), has_gpu(tmp_path)] == [found, found]
    assert len(asked) == 1
    sentence = capsys.readouterr().err
    assert found or sentence.startswith("device: auto: this machine has a GPU that torch cannot")
    assert sentence.count("\n") == (not found)


def test_without_a_device_torch_is_not_asked(torch_says, tmp_path, monkeypatch):
    asked = torch_says(True)
    (tmp_path / "nvidiactl").touch()
    assert not has_gpu(tmp_path)
    (tmp_path / "nvidia0").touch()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    has_gpu.cache_clear()
    assert not has_gpu(tmp_path)
    assert asked == []
