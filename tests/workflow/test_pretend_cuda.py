"""The jobs for a GPU, on a pretend one: nothing that CUDA refuses, and the CPU's numbers.

tests/pretend_cuda says what it can see. Where there is a real GPU, the tests use that instead.
"""

from pathlib import Path

import pandas as pd
import pytest
import torch

# Jobs that these need come with them. The complete run has made the first of them on the CPU.
IN_THE_RUN = [
    *("test_classifier/learned-2.csv", "test_classifier/random-2.csv"),
    *("vary_classifier/random-2.csv", "decode_pictures/pool2-known-one_step.csv"),
    *("measure_activation_space/torchvision-pool4.csv", "measure_iht/pool4.csv"),
    *("recover_codes/torchvision-learned-linear.csv", "decode_pictures/pool2-known-codes.csv"),
    *("decode_pictures/pool2-known-iht.csv", "score_pictures/pool2-known.csv"),
    *("simulate_iht.csv", "simulate_theory.csv"),
]
ON_DEMAND = ["decode_pictures/pool1-none-inverted.csv", "widen_classifier/2-2.csv"]
STATISTICS = [*IN_THE_RUN, *ON_DEMAND]
SETTINGS = "table4={inverted_images: 1, inverted_evaluations: 3}"


@pytest.fixture(scope="module")
def on_gpu(project, request) -> list[str]:
    """Makes STATISTICS on a GPU, and on the CPU; what the pretend one's jobs say, a text each."""

    def run(device: str, names: list[str]) -> None:
        files = [f"results/on_{device}/stats/{name}" for name in names]
        settings = (f"preset=on_{device}", f"device={device}", SETTINGS)
        project.run(*files, "--config", *settings)

    run("cpu", ON_DEMAND)
    pretend = {} if torch.cuda.is_available() else request.getfixturevalue("pretend")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pretend.items():
            patch.setenv(name, value)
        run("cuda", STATISTICS)
    logs = pretend.get("PRETEND_CUDA_LOGS")
    return [path.read_text() for path in Path(logs).iterdir()] if logs else []


def test_nothing_is_refused(on_gpu):
    if not on_gpu:
        pytest.skip("there is a real GPU, which would have ended the jobs")
    assert sum(int(text.split()[0]) for text in on_gpu) > 1000  # kernels
    assert not [line for text in on_gpu for line in text.splitlines() if "refused" in line]


@pytest.mark.parametrize("name", STATISTICS)
def test_the_numbers_are_those_of_the_cpu(name, project, on_gpu):
    there, here = (
        pd.read_csv(project.file(f"results/{preset}/stats/{name}"))
        for preset in ("on_cuda", "tiny" if name in IN_THE_RUN else "on_cpu")
    )
    pd.testing.assert_frame_equal(there, here, rtol=1e-3, atol=1e-4)
