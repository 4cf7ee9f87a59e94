"""A network that is ready to be measured comes back, and is another file for another module."""

import torch
from torch import nn

from cnninvert.networks.preprocessing import Preprocessing
from paper.network.prepared import Source, read_prepared, write_prepared

CODE = """
from torch import nn

def build():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.{}())
"""


def test_an_edit_of_the_users_file_changes_the_prepared_one(tmp_path):
    own, prepared = tmp_path / "own.py", tmp_path / "prepared.safetensors"
    state = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).state_dict()
    written = []
    for activation in ("ReLU", "LeakyReLU", "ReLU"):
        own.write_text(CODE.format(activation))
        write_prepared(prepared, Source("", str(own), "build"), state, Preprocessing(8))
        written.append(prepared.read_bytes())
    assert written[0] == written[2] != written[1]
    network, preprocessing = read_prepared(prepared)
    assert preprocessing == Preprocessing(8)
    assert torch.equal(network.layer("0").module.weight, state["0.weight"])
