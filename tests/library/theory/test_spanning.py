"""Directed spanning sets, against the rank of a layer's whole Jacobian."""

import pytest
import torch

from cnninvert.operators.convolution import Convolution
from cnninvert.theory.spanning import spanned_share

GEOMETRIES = {
    "as VGG-16's": {"padding": 1},
    "valid": {},
    "strided": {"stride": 2, "padding": 1},
    "inputs that no response sees": {"stride": 4},
    "dilated": {"dilation": (2, 1), "padding": (2, 0)},
    "groups": {"groups": 2, "padding": 1},
}


def layer(geometry, count, threshold=0.0):
    random = torch.Generator().manual_seed(count)
    shape = (count, 4 // geometry.get("groups", 1), 3, 3)
    filters = torch.randn(shape, generator=random, dtype=torch.float64)
    x = torch.randn(4, 10, 10, generator=random, dtype=torch.float64)
    w = Convolution(filters, 10, **geometry)
    return w, x, w(x[None])[0] > threshold


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
@pytest.mark.parametrize("count, threshold", [(4, 1.0), (4, 0.0), (16, 0.0)])
def test_it_is_the_rank_of_the_columns_of_a_square(geometry, count, threshold):
    w, x, active = layer(geometry, count, threshold)
    jacobian = torch.autograd.functional.jacobian(lambda x: w(x[None])[0][active], x)
    square = jacobian[:, :, 1:9, 1:9]  # 8 x 8 of 10 x 10
    rank = torch.linalg.matrix_rank(square.flatten(1), rtol=1e-6)
    assert spanned_share(w, active) == pytest.approx(float(rank) / square[0].numel())


def test_enough_active_responses_span_everything():
    w, _, active = layer({"padding": 1}, 64)
    assert spanned_share(w, active) == 1.0
    assert spanned_share(w, torch.zeros_like(active)) == 0.0


def test_a_map_of_a_single_place_is_a_square_of_its_own():
    filters = torch.randn(4, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    active = torch.tensor([True, True, False, True]).view(4, 1, 1)
    assert spanned_share(Convolution(filters, 1, padding=1), active) == 3 / 4


def test_what_it_does_not_hold_for_is_refused():
    w, _, active = layer({"padding": 1}, 4)
    with pytest.raises(ValueError, match=r"responses are \(4, 10, 10\), not \(4, 8, 8\)"):
        spanned_share(w, active[:, 1:9, 1:9])
    with pytest.raises(ValueError, match="no circular padding"):
        spanned_share(Convolution(w.filters, 10, padding=1, circular=True), active)
