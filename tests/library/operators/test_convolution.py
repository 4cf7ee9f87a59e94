"""W and W^T are what section 2.2 says."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.solvers.filter_bank import PreparedFilterBank


@st.composite
def layers(draw):
    """Filters (K, M, l...), sizes that they fit in, stride and padding."""
    dimensions = draw(st.sampled_from([1, 2]))
    taps = draw(st.integers(1, 5))
    stride = draw(st.integers(1, 3))
    padding = draw(st.integers(0, taps - 1))
    sizes = st.tuples(*[st.integers(max(1, taps - 2 * padding), 12)] * dimensions)
    channels = draw(st.tuples(st.integers(1, 5), st.integers(1, 4)))
    return (*channels, *[taps] * dimensions), draw(sizes), stride, padding


@settings(max_examples=60, deadline=None)
@given(layers())
def test_adjointness(layer):
    check_adjointness(*layer, torch.device("cpu"))


def test_adjointness_on_each_device(device):
    check_adjointness((5, 2, 3, 3), (9, 9), 2, 1, device)


@st.composite
def grouped_layers(draw):
    """Two-dimensional convolutions whose axes differ, in groups."""
    groups = draw(st.integers(1, 3))
    filters = groups * draw(st.integers(1, 2)), draw(st.integers(1, 3))
    axes = [[draw(st.integers(1, 3)) for _ in range(2)] for _ in range(3)]
    taps, stride, dilation = axes
    padding = [draw(st.integers(0, length - 1)) for length in taps]
    reach = [1 + d * (length - 1) for d, length in zip(dilation, taps, strict=True)]
    sizes = [draw(st.integers(length, 12)) for length in reach]
    place = {"stride": tuple(stride), "padding": tuple(padding), "dilation": tuple(dilation)}
    return (*filters, *taps), tuple(sizes), {**place, "groups": groups}


@settings(max_examples=60, deadline=None)
@given(grouped_layers())
def test_adjointness_of_grouped_and_dilated_convolutions(layer):
    shape, sizes, options = layer
    random = torch.Generator().manual_seed(1)
    w = Convolution(gaussian_filters(shape, random, torch.float64), sizes, **options)
    x = torch.randn(2, *w.signal_shape, generator=random, dtype=torch.float64)
    z = torch.randn(2, *w.code_shape, generator=random, dtype=torch.float64)
    assert w(x).shape == z.shape
    assert torch.allclose((w(x) * z).sum(), (x * w.adjoint(z)).sum(), rtol=1e-12)


@pytest.mark.parametrize("options", [{"groups": 2}, {"dilation": 2}, {"groups": 4, "dilation": 3}])
def test_a_plain_convolution_is_the_same_map(options, random):
    filters = torch.randn(8, 4 // options.get("groups", 1), 3, 3, generator=random)
    w = Convolution(filters, 11, stride=2, padding=1, **options)
    plain = w.plain()
    assert (plain.groups, plain.dilation) == (1, 1)
    x = torch.randn(2, 4, 11, 11, generator=random)
    assert torch.allclose(w(x), plain(x), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "size", "options"),
    [((4, 3, 3, 5), 9, {}), ((4, 3, 3, 3), (8, 9), {}), ((4, 3, 3, 3), 9, {"stride": (1, 2)})],
)
def test_a_convolution_whose_axes_differ_is_not_plain(shape, size, options):
    with pytest.raises(ValueError, match="all axes must have the same"):
        Convolution(torch.ones(shape), size, **options).plain()


@pytest.mark.parametrize("taps", [1, 3, 5])
@pytest.mark.parametrize("sizes", [(9,), (7, 7), (6, 11)])
def test_adjointness_of_circular_convolutions(taps, sizes):
    shape = (4, 3, *[taps] * len(sizes))
    check_adjointness(shape, sizes, 1, taps // 2, torch.device("cpu"), circular=True)


def check_adjointness(shape, sizes, stride, padding, device, circular=False):
    random = torch.Generator().manual_seed(1)
    filters = gaussian_filters(shape, random, torch.float64).to(device)
    w = Convolution(filters, sizes, stride, padding, circular)
    x = torch.randn(2, shape[1], *sizes, generator=random, dtype=torch.float64).to(device)
    assert w.signal_shape == x.shape[1:]
    response = w(x)
    assert response.shape[1:] == w.code_shape
    z = torch.randn(response.shape, generator=random, dtype=torch.float64).to(device)
    back = w.adjoint(z)
    assert back.shape == x.shape
    assert torch.allclose((response * z).sum(), (x * back).sum(), rtol=1e-10, atol=1e-10)


def test_rows_of_the_valid_matrix_have_unit_norm(random):
    w = Convolution(unit_norm(gaussian_filters((4, 3, 3, 3), random, torch.float64)), 6)
    count = torch.Size(w.code_shape).numel()
    units = torch.eye(count, dtype=torch.float64).view(-1, *w.code_shape)
    rows = w.adjoint(units).flatten(1)
    assert torch.allclose(rows.norm(dim=1), torch.ones(len(rows), dtype=torch.float64))


def test_a_filter_that_is_all_zero_stays_so(random):
    filters = torch.randn(3, 2, 3, 3, generator=random)
    filters[1] = 0
    scaled = unit_norm(filters)
    assert not scaled[1].any()
    assert torch.allclose(scaled.flatten(1).norm(dim=1), torch.tensor([1.0, 0.0, 1.0]))


def test_gaussian_filters_have_unit_norm_in_the_mean(random):
    norms = gaussian_filters((2000, 8, 3, 3), random).flatten(1).square().sum(1)
    assert norms.mean().item() == pytest.approx(1, abs=0.02)


def test_largest_eigenvalue_agrees_with_the_explicit_matrix(random):
    w = Convolution(gaussian_filters((6, 3, 3, 3), random, torch.float64), 6, padding=1)
    rows = w(torch.eye(3 * 36, dtype=torch.float64).view(-1, 3, 6, 6)).flatten(1)
    exact = torch.linalg.matrix_norm(rows, 2).square().item()
    assert w.largest_eigenvalue(iterations=60) == pytest.approx(exact, rel=1e-9)
    assert 0.98 * exact < w.largest_eigenvalue() < exact


def test_the_largest_eigenvalue_of_filters_that_are_zero_or_nan():
    assert Convolution(torch.zeros(2, 2, 3), 8).largest_eigenvalue() == 0
    assert math.isnan(Convolution(torch.full((2, 2, 3), torch.nan), 8).largest_eigenvalue())


def test_an_integer_stands_for_all_axes(random):
    filters = gaussian_filters((4, 3, 3, 3), random)
    w, same = Convolution(filters, 7, stride=2), Convolution(filters, (7, 7), stride=2)
    assert w.size == same.size == (7, 7)
    assert (w.signal_shape, w.code_shape) == ((3, 7, 7), (4, 3, 3))
    x = torch.randn(1, 3, 7, 7, generator=random)
    assert torch.equal(w(x), same(x))


@pytest.mark.parametrize("circular", [False, True])
def test_what_has_another_shape_is_refused(circular, random):
    w = Convolution(gaussian_filters((4, 3, 3, 3), random), (6, 9), padding=1, circular=circular)
    for shape in [(2, 3, 9, 6), (2, 3, 6, 8), (2, 4, 6, 9), (3, 6, 9), (2, 3, 6, 9, 1)]:
        with pytest.raises(ValueError, match=r"signals are \(B, 3, 6, 9\), not"):
            w(torch.zeros(shape))
    for shape in [(2, 4, 9, 6), (2, 4, 6, 8), (2, 3, 6, 9), (4, 6, 9)]:
        with pytest.raises(ValueError, match=r"codes are \(B, 4, 6, 9\), not"):
            w.adjoint(torch.zeros(shape))


@pytest.mark.parametrize(
    ("shape", "size", "options", "words"),
    [
        ((4, 3), 8, {}, "filters are"),
        ((4, 3, 3, 3, 3), 8, {}, "filters are"),
        ((4, 3, 3, 3), 8, {"groups": 3}, "equal groups"),
        ((4, 3, 5, 5), 4, {}, "do not fit"),
        ((4, 3, 5, 5), (8, 4), {}, "do not fit"),
        ((4, 3, 5, 5), (8, 2), {"padding": 1}, "do not fit"),
        ((4, 3, 3, 3), (8,), {}, "along 2 axes"),
        ((4, 3, 3), (8, 8), {}, "along 1 axes"),
        ((4, 3, 3, 3), 8, {"circular": True}, "circular"),
        ((4, 3, 3, 3), 8, {"circular": True, "padding": 1, "stride": 2}, "circular"),
        ((4, 3, 2, 2), 8, {"circular": True, "padding": 1}, "circular"),
    ],
)
def test_impossible_convolutions_are_refused(shape, size, options, words):
    with pytest.raises(ValueError, match=words):
        Convolution(torch.ones(shape), size, **options)


def test_cuda_agrees_with_cpu(random, device):
    torch.backends.cudnn.allow_tf32 = False
    filters = gaussian_filters((8, 4, 3, 3), random)
    x = torch.randn(2, 4, 12, 12, generator=random)
    expected = Convolution(filters, 12, padding=1)(x)
    found = Convolution(filters.to(device), 12, padding=1)(x.to(device)).cpu()
    assert torch.allclose(found, expected, atol=1e-5)


def test_one_number_stands_for_all_axes_and_both_are_the_same():
    filters = torch.ones(2, 1, 3, 3)
    one = Convolution(filters, size=np.int64(8), stride=2, padding=1)
    each = Convolution(filters, size=(8, 8), stride=(2, 2), padding=[1, 1])
    assert (one.size, one.stride, one.padding) == (each.size, each.stride, each.padding)
    PreparedFilterBank(one).check(each)


@pytest.mark.parametrize(
    ("geometry", "sentence"),
    [
        ({"stride": 0}, "stride is 1 or more"),
        ({"padding": -1}, "padding is 0 or more"),
        ({"size": (8, 8, 8)}, "size is 1 or more along 2 axes"),
        ({"groups": 0}, "2 filters are not 0 equal groups"),
    ],
)
def test_geometry_that_is_none_is_refused(geometry, sentence):
    with pytest.raises(ValueError, match=sentence):
        Convolution(torch.ones(2, 1, 3, 3), **{"size": 8, **geometry})


def test_a_circular_convolution_wraps_no_more_than_once():
    with pytest.raises(ValueError, match="do not fit"):
        Convolution(torch.ones(1, 1, 7, 7), size=2, padding=3, circular=True)
