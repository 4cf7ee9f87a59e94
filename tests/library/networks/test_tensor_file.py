"""Files of tensors are the same, byte by byte, whichever process writes them."""

import hashlib
import subprocess
import sys

import torch
from safetensors.torch import load_file

from cnninvert.networks.tensor_file import write_tensors

WRITE = """
import sys, torch
from cnninvert.networks.tensor_file import write_tensors
names = [f"name{number}" for number in range(8)]
write_tensors(sys.argv[1], {n: torch.ones(2) for n in names}, {n: n for n in names})
"""


def test_two_processes_write_the_same_bytes(tmp_path):
    found = set()
    for number in range(2):
        path = tmp_path / str(number)
        subprocess.run([sys.executable, "-c", WRITE, path], check=True)
        found.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(found) == 1


def test_it_is_a_safetensors_file(tmp_path):
    tensors = {
        "half": torch.arange(3.0).to(torch.bfloat16),
        "turned": torch.arange(6.0).view(2, 3).T,
        "none": torch.zeros(0),
        "number": torch.tensor(4),
    }
    write_tensors(tmp_path / "x", tensors, {"längst": "größer"})
    found = load_file(tmp_path / "x")
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)
