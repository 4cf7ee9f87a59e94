"""Images that are easy to tell apart."""

import numpy as np
import pytest
import torch

from paper.table1.images import Images, normalise


@pytest.fixture
def images():
    """Ten colours, one a class, under noise: separable, and not changed by flips and shifts."""
    rng = np.random.default_rng(0)
    labels = torch.arange(80) % 10
    colours = torch.from_numpy(rng.integers(0, 256, (10, 3, 1, 1)))
    noise = torch.from_numpy(rng.integers(-20, 21, (80, 3, 32, 32)))
    pixels = (colours[labels] + noise).clamp(0, 255).to(torch.uint8)
    return Images(normalise(pixels, torch.float32), labels)
