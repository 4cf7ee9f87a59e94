"""A training, a recovery job and Snakemake itself are killed, and nothing comes of it."""

import shutil

import pytest

from kills import Kills

STATS = "results/{preset}/stats"
TARGETS = [
    f"{STATS}/train_decoder/vgg16-torchvision-pool1-known.csv",
    f"{STATS}/test_classifier/random-1.csv",
    f"{STATS}/recover_codes/torchvision-gaussian-linear.csv",
    f"{STATS}/recover_codes/torchvision-gaussian-output.csv",
]


@pytest.fixture
def folder(empty_project):
    yield empty_project.folder
    for preset in ("undisturbed", "disturbed"):
        shutil.rmtree(empty_project.file(f"results/{preset}"), ignore_errors=True)


def test_three_kills(folder, figure):
    kills = Kills(folder, TARGETS, count=3, seed=0, moments=(0.1, 0.6))
    kills.undisturbed()
    kills.disturbed()
    assert kills.problems == []
    assert [kill.problems for kill in kills.struck] == [[], [], []]
    assert kills.survived() == 3 and kills.tables == 7
    figure(f"kills survived: {kills.survived()} of {len(kills.struck)}")
