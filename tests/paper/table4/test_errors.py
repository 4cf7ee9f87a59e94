"""Table 4's errors in image space."""

import numpy as np
import pytest
import torch

from paper.table4.errors import relative_errors


def test_the_four_readings_of_a_relative_error():
    picture = torch.full((1, 3, 4, 4), 0.5)
    decoded = torch.full((1, 3, 4, 4), 0.25)
    found = relative_errors(decoded, picture, decoded)
    assert float(found["picture", "unit"]) == pytest.approx(0.5)
    assert float(found["decoded", "unit"]) == 0
    colour = np.array([0.485, 0.456, 0.406])
    centred = 0.25 * 3**0.5 / np.linalg.norm(0.5 - colour)
    assert float(found["picture", "centred"]) == pytest.approx(centred, rel=1e-5)
