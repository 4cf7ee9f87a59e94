"""Pooling with places, and its way back: what torch gives with indices, in every type of number."""

import pytest
import torch
import torch.nn.functional as F

from cnninvert.operators.switches import max_pool, unpool

TYPES = [torch.bfloat16, torch.float16, torch.float32, torch.float64]
POOLS = [(2, 2), (3, 2), (3, 3)]  # side, stride


def by_division(x, size, stride):
    """The places by their definition, from torch's indices into whole maps."""
    values, indices = F.max_pool2d(x, size, stride, return_indices=True)
    row, column = indices // x.shape[3], indices % x.shape[3]
    top = torch.arange(values.shape[2], device=x.device).view(-1, 1) * stride
    left = torch.arange(values.shape[3], device=x.device) * stride
    return values, (row - top) * size + column - left


@pytest.mark.parametrize(("size", "stride"), POOLS)
# Odd sizes, and those whose places would be ambiguous in one byte.
@pytest.mark.parametrize(
    "sides", [(8, 8), (7, 9), (13, 10), (6, 255), (6, 256), (5, 257), (4, 700)]
)
def test_places_are_torch_s_indices(size, stride, sides, random, device):
    # Few different values, so that most regions have ties.
    x = torch.randint(3, (2, 3, *sides), generator=random).float().to(device)
    for layout in (torch.contiguous_format, torch.channels_last):
        values, places = max_pool(x.contiguous(memory_format=layout), size, stride)
        expected = by_division(x, size, stride)
        assert places.dtype == torch.uint8
        assert torch.equal(values, expected[0]) and torch.equal(places.long(), expected[1])


def test_the_first_of_equal_values_counts_and_any_nan_is_the_maximum():
    regions = torch.tensor([[1.0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 2, 2], [9, 0, torch.nan, 9]])
    x = regions.view(4, 1, 2, 2)
    values, places = max_pool(x)
    assert places.flatten().tolist() == [0, 1, 2, 2]
    assert values.flatten()[:3].tolist() == [1, 1, 2] and values.flatten()[3].isnan()


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_unpooling_and_its_gradient_are_torch_s(dtype, random, device):
    x = torch.randn(2, 5, 8, 12, generator=random).to(device, dtype)
    values, indices = F.max_pool2d(x, 2, return_indices=True)
    places = max_pool(x)[1]
    slope = torch.randn(x.shape, generator=random).to(device, dtype)
    for layout in (torch.contiguous_format, torch.channels_last):
        ours = values.clone(memory_format=layout).requires_grad_()
        plain = values.clone().requires_grad_()
        found = unpool(ours, places)
        expected = F.max_unpool2d(plain, indices, 2)
        assert found.dtype == dtype and torch.equal(found, expected)
        assert found.is_contiguous(memory_format=torch.channels_last)
        found.backward(slope)
        expected.backward(slope)
        assert torch.equal(ours.grad, plain.grad)


def test_the_gradient_of_unpooling_is_the_numerical_one(random):
    values = torch.randn(2, 2, 2, 3, generator=random, dtype=torch.float64, requires_grad=True)
    places = torch.randint(4, values.shape, generator=random, dtype=torch.uint8)
    shared = places[:1]
    assert torch.autograd.gradcheck(lambda x: unpool(x, places), values)
    assert torch.autograd.gradcheck(lambda x: unpool(x, shared), values)
    assert torch.autograd.gradgradcheck(lambda x: unpool(x, places) ** 3, values)


def test_one_image_s_places_serve_a_batch(random):
    values = torch.randn(3, 5, 4, 6, generator=random)
    places = torch.randint(4, (1, 5, 4, 6), generator=random, dtype=torch.uint8)
    expected = unpool(values, places.expand(3, -1, -1, -1))
    assert torch.equal(unpool(values, places), expected)


def test_values_that_are_not_finite_stay_in_their_place():
    values = torch.tensor([torch.nan, torch.inf, -0.0]).view(3, 1, 1, 1)
    regions = unpool(values, torch.full((3, 1, 1, 1), 3).byte()).flatten(1)
    assert (regions[:, :3] == 0).all()
    assert regions[0, 3].isnan() and regions[1, 3].isinf() and regions[2, 3].signbit()


def test_unpooling_agrees_with_torch():
    x = torch.randn(2, 5, 8, 12, generator=torch.Generator().manual_seed(0))
    values, indices = F.max_pool2d(x, 2, return_indices=True)
    maxima, places = max_pool(x)
    assert torch.equal(maxima, values)
    assert torch.equal(unpool(values, places), F.max_unpool2d(values, indices, 2))


def test_unpooling_inverts_pooling_where_the_rest_is_zero():
    rng = torch.Generator().manual_seed(0)
    values = torch.rand(2, 5, 4, 6, generator=rng) + 0.1
    places = torch.randint(4, values.shape, generator=rng, dtype=torch.uint8)
    sparse = unpool(values, places)
    pooled, found = max_pool(sparse)
    assert torch.equal(pooled, values)
    assert torch.equal(found, places)
    assert torch.equal(sparse[:, :, 1::2, ::2][places == 2], values[places == 2])


def test_unpooling_is_adjoint_to_reading_the_places():
    rng = torch.Generator().manual_seed(0)
    values = torch.randn(1, 3, 4, 4, generator=rng, requires_grad=True)
    places = torch.randint(4, values.shape, generator=rng, dtype=torch.uint8)
    y = torch.randn(1, 3, 8, 8, generator=rng)
    unpool(values, places).backward(y)
    ones = unpool(torch.ones_like(values), places)
    assert torch.equal(unpool(values.grad, places), y * ones)


def test_places_beyond_uint8_are_refused(random):
    x = torch.randn(1, 1, 17, 17, generator=random)
    with pytest.raises(ValueError, match="17 x 17 have more places"):
        max_pool(x, 17, 17)


@pytest.mark.parametrize("size", [2, 3])
def test_indices_in_the_whole_map_are_refused(size):
    values, indices = F.max_pool2d(torch.rand(1, 1, 6, 6), size, return_indices=True)
    with pytest.raises(ValueError, match=r"uint8.*max_unpool2d"):
        unpool(values, indices, size, size)
