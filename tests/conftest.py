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
