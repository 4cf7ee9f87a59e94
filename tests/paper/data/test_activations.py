"""Extraction: HDF5 holds what the network computes, whatever the batch; memory; what fails."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from cnninvert.networks.pretrained import Network
from machinery.errors import InputError
from paper.data import activations
from paper.data.activations import Activations, extract
from paper.seeds import generator
from random_networks import write_network

ROOT = Path(__file__).parents[3]
PACKAGES = [str(ROOT / "src"), str(ROOT / "workflow" / "lib")]
COUNT, CPU = 5, torch.device("cpu")
LAYERS = {"vgg16": ["conv2_1", "pool1", "pool2"], "alexnet": ["pool1", "conv2", "pool2"]}


@pytest.fixture(scope="module", params=LAYERS)
def weights(request, tmp_path_factory):
    return write_network(
        tmp_path_factory.mktemp("weights") / "w.safetensors", "pool2", request.param, bias=0.1
    )


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg16") / "w.safetensors"
    return Network(write_network(path, "pool2", bias=0.1))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Photographs of odd sizes: every pool leaves rows and columns out."""
    path = tmp_path_factory.mktemp("images") / "photographs.h5"
    with h5py.File(path, "w") as file:
        images = torch.randint(256, (COUNT, 3, 67, 71), generator=generator(1))
        file["test"] = images.to(torch.uint8).numpy()
        file["test_path"] = np.array([f"{number}.jpg" for number in range(COUNT)], "S")
        file.attrs.update(short_side=80, crop=67)
    return path


def images(photographs):
    with h5py.File(photographs) as file:
        return torch.from_numpy(file["test"][:])


@pytest.mark.parametrize("batch", [1, 2, 8])
def test_the_file_holds_what_the_network_computes(weights, photographs, batch, device, tmp_path):
    network, path = Network(weights, device), tmp_path / "activations.h5"
    layers = LAYERS[network.architecture]
    with torch.inference_mode():
        extract(network, photographs, layers, path, device, batch)
    written, names = Activations(path), set()
    assert len(written) == COUNT
    # In the same batches all digits are the same.
    for start in range(0, COUNT, batch):
        stop = min(start + batch, COUNT)
        x = images(photographs)[start:stop].to(device)
        for step in network.steps(x, "pool2", linear=layers):
            name = step.layer.name
            kept = {"places": step.places}
            if name in layers:
                kept |= {"output": step.output, "linear": step.linear}
            for kind, values in kept.items():
                if values is not None:
                    names.add(f"{name}/{kind}")
                    assert torch.equal(written.read(name, kind, start, stop), values.cpu())
    found = set()
    written.file.visititems(
        lambda name, item: found.add(name) if isinstance(item, h5py.Dataset) else None
    )
    assert found == names | {"images"}
    assert list(written.file["images"]) == [f"{number}.jpg".encode() for number in range(COUNT)]
    assert list(written.file.attrs["layers"]) == layers
    assert written.file.attrs["network"] == network.architecture


def test_the_batch_changes_the_last_digits_at_most(vgg16, photographs, tmp_path):
    for batch in (1, 4):
        extract(vgg16, photographs, ["pool2"], tmp_path / f"{batch}.h5", CPU, batch)
    one, four = (Activations(tmp_path / f"{batch}.h5").read("pool2") for batch in (1, 4))
    assert one.std() > 0.1
    torch.testing.assert_close(one, four, rtol=1e-4, atol=1e-5)


def test_linear_values_are_kept_only_where_they_are_wanted(vgg16, photographs):
    x = images(photographs)[:2]
    plain = list(vgg16.steps(x, "conv2_1"))
    asked = list(vgg16.steps(x, "conv2_1", linear=["conv1_2"]))
    assert all(torch.equal(a.output, b.output) for a, b in zip(plain, asked, strict=True))
    assert [step.layer.name for step in asked if step.linear is not None] == ["conv1_2"]
    assert torch.equal(asked[1].linear.relu(), asked[1].output) and (asked[1].linear < 0).any()
    assert all(step.linear is None for step in plain)


def test_at_most_two_batches_are_in_memory(vgg16, photographs, tmp_path, monkeypatch):
    in_memory, most, write, steps = [0], [0], activations._write, Network.steps

    def counted(self, *args, **kwargs):
        in_memory[0] += 1
        most[0] = max(most[0], in_memory[0])
        return steps(self, *args, **kwargs)

    def late(*args):
        threading.Event().wait(0.2)  # longer than a batch takes
        write(*args)
        in_memory[0] -= 1

    monkeypatch.setattr(Network, "steps", counted)
    monkeypatch.setattr(activations, "_write", late)
    extract(vgg16, photographs, ["pool1"], tmp_path / "activations.h5", CPU, batch=1)
    assert in_memory == [0] and most == [2]


# A process of its own: HDF5 cannot close a file that it cannot write, and may crash at the end.
FULL_DISK = """
import os, resource, sys, threading
from pathlib import Path
import torch
from paper.data.activations import extract
from cnninvert.networks.pretrained import Network
weights, photographs, path = map(Path, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, resource.RLIM_INFINITY))
try:
    extract(Network(weights), photographs, ["pool1"], path, torch.device("cpu"), batch=1)
except OSError as error:
    print(error.errno, error.strerror, error.filename, threading.active_count(), flush=True)
os._exit(0)
"""


def test_a_full_disk_ends_extraction_with_its_own_error(vgg16, photographs, tmp_path):
    path = tmp_path / "activations.h5"
    command = [sys.executable, "-c", FULL_DISK, vgg16.path, photographs, path]
    environment = {"PYTHONPATH": os.pathsep.join(PACKAGES)}
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert result.stdout.strip() == f"{errno.EFBIG} {os.strerror(errno.EFBIG)} {path} 1"
    assert not list(tmp_path.iterdir())


def test_what_the_writer_raises_ends_extraction(vgg16, photographs, tmp_path, monkeypatch):
    def failing(*args):
        raise ValueError("of the writer")

    threads = threading.active_count()
    monkeypatch.setattr(activations, "_write", failing)
    with pytest.raises(ValueError, match="of the writer"):
        extract(vgg16, photographs, ["pool1"], tmp_path / "activations.h5", CPU, batch=1)
    assert not list(tmp_path.iterdir()) and threading.active_count() == threads


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_fails_midway_leaves_no_file(vgg16, photographs, tmp_path, monkeypatch, error):
    def failing(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise error
        return steps(self, *args, **kwargs)

    calls, steps = [], Network.steps
    monkeypatch.setattr(Network, "steps", failing)
    with pytest.raises(error):
        extract(vgg16, photographs, ["pool1"], tmp_path / "activations.h5", CPU, batch=1)
    assert not list(tmp_path.iterdir())


def test_what_is_no_file_of_activations_is_refused(vgg16, photographs, tmp_path):
    path = tmp_path / "activations.h5"
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        Activations(path)
    extract(vgg16, photographs, ["pool1"], path, CPU)
    with pytest.raises(InputError, match="holds no pool2/output"):
        Activations(path).read("pool2")
