"""Filters are patches of the input, whitened as explicit ZCA does it, chosen by the generator."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from paper.table1.whitened_patches import random_patches, whitened_filters


def smooth_maps(random, count=6, channels=3, side=16):
    """Maps whose neighbouring pixels and channels are alike, as those of photographs."""
    noise = torch.randn(count, channels, side + 4, side + 4, generator=random)
    noise = noise + 2 * torch.randn(count, 1, side + 4, side + 4, generator=random)
    return 3 + F.avg_pool2d(noise, 5, stride=1)


def centred(maps, size, samples, seed):
    """The patches that ``whitened_filters`` draws with this seed, less their means; float64."""
    random = torch.Generator().manual_seed(seed)
    patches = random_patches(maps, size, samples, random).flatten(1).double().numpy()
    patches = patches - patches.mean(1, keepdims=True)
    return patches - patches.mean(0)


def zca(patches, regularisation):
    """The whitening matrix (covariance + e I)^-1/2, by its eigenvectors."""
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    return vectors / np.sqrt(values + regularisation * values.mean()) @ vectors.T


def drawn(maps, size, count, samples, seed=3, **options):
    random = torch.Generator().manual_seed(seed)
    return whitened_filters(maps, size, count, random, samples, **options)


@pytest.mark.parametrize(("size", "regularisation"), [(1, 0.1), (2, 1e-3), (3, 0.1), (5, 1.0)])
def test_a_filter_is_a_patch_whitened_twice(size, regularisation, device, random):
    maps = smooth_maps(random, count=100, side=40)  # large enough for 50 distinct patches
    filters = drawn(maps.to(device), size, 50, 50, regularisation=regularisation).cpu()
    patches = centred(maps, size, 50, 3)
    whitening = zca(patches, regularisation)
    expected = patches @ whitening @ whitening
    # All patches were asked for, in an order of the generator's.
    distances = np.abs(filters.flatten(1).numpy()[:, None] - expected[None]).max(2)
    tolerance = 1e-4 * np.abs(expected).max()
    assert (distances.min(1) < tolerance).all()
    assert sorted(distances.argmin(1)) == list(range(50))
    assert distances.argmin(1).tolist() != list(range(50))


def test_inner_products_with_the_input_are_those_of_whitened_patches(random):
    """Up to a constant for each filter: the input is neither centred nor whitened."""
    maps = smooth_maps(random)
    filters = drawn(maps, 3, 8, 400)
    patches = centred(maps, 3, 400, 3)
    whitening = zca(patches, 0.1)
    fresh = random_patches(maps, 3, 30, random)
    products = fresh.flatten(1) @ filters.flatten(1).T
    x = fresh.flatten(1).double().numpy()
    x = x - x.mean(1, keepdims=True)
    # W p from the filter W W p.
    whitened = filters.flatten(1).double().numpy() @ np.linalg.inv(whitening)
    expected = (x @ whitening) @ whitened.T
    np.testing.assert_allclose(products, expected, atol=2e-3)
    assert np.abs(expected).max() > 5


def test_whitened_patches_have_a_covariance_near_the_identity(random):
    """But for the direction of the patches' own means, which is taken away."""
    maps = smooth_maps(random, count=40)
    filters = drawn(maps, 3, 3000, 3000, regularisation=1e-6).flatten(1).double().numpy()
    patches = centred(maps, 3, 3000, 3)
    covariance = patches.T @ patches / len(patches)
    # The filters are W W p: back through the root of the covariance they are W p.
    values, vectors = np.linalg.eigh(covariance)
    whitened = filters @ (vectors * np.sqrt(values.clip(0))) @ vectors.T
    got = whitened.T @ whitened / len(whitened)
    size = len(got)
    np.testing.assert_allclose(got, np.eye(size) - np.ones((size, size)) / size, atol=0.01)
    # As whitening has to be for anything to be shown.
    assert values[-1] / values[1] > 30


def test_white_patches_stay_as_they_are(random):
    maps = 2 * torch.randn(200, 3, 12, 12, generator=random)
    filters = drawn(maps, 2, 100, 20_000, regularisation=0.1)
    patches = random_patches(maps, 2, 20_000, torch.Generator().manual_seed(3)).flatten(1)
    patches = patches - patches.mean(1, keepdim=True)
    # The variance is 4 in 11 of 12 directions, and the regularisation a tenth of the mean.
    expected = patches / (4 + 0.4 * 11 / 12)
    distances = torch.cdist(filters.flatten(1), expected).min(1).values
    assert (distances < 0.1 * filters.flatten(1).norm(dim=1)).all()


def test_a_filter_does_not_see_a_uniform_change_of_brightness(random):
    filters = drawn(smooth_maps(random), 3, 20, 500)
    sums = filters.sum((1, 2, 3)).abs()
    assert (sums < 1e-4 * filters.abs().sum((1, 2, 3))).all()


def test_the_scale_of_the_maps_scales_the_filters_only(random):
    maps = smooth_maps(random)
    one, eight = drawn(maps, 3, 20, 500), drawn(8 * maps, 3, 20, 500)
    assert torch.allclose(8 * eight, one, rtol=1e-3, atol=1e-4)


def test_filters_follow_from_the_generator(random):
    maps = smooth_maps(random)
    assert torch.equal(drawn(maps, 3, 5, 100, seed=1), drawn(maps, 3, 5, 100, seed=1))
    assert not torch.equal(drawn(maps, 3, 5, 100, seed=1), drawn(maps, 3, 5, 100, seed=2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_filters_have_the_shape_of_a_convolutions_weight(dtype, layout, random):
    maps = smooth_maps(random, channels=4).to(dtype, memory_format=layout)
    before = maps.clone()
    filters = drawn(maps, 5, 7, 60)
    assert (filters.shape, filters.dtype) == ((7, 4, 5, 5), torch.float32)
    assert filters.is_contiguous()
    assert F.conv2d(maps.float(), filters, padding="same").shape == (6, 7, 16, 16)
    assert torch.equal(maps, before)


def test_more_elements_than_patches_can_be_whitened(random):
    filters = drawn(smooth_maps(random, channels=8), 5, 30, 40)
    assert filters.isfinite().all()
    assert torch.linalg.matrix_rank(filters.flatten(1)) == 30


def test_patches_are_parts_of_the_maps_and_reach_their_ends(random):
    maps = torch.arange(2 * 3 * 4 * 5.0).view(2, 3, 4, 5)
    patches = random_patches(maps, 3, 200, random)
    corners = set()
    for patch in patches:
        picture, rest = divmod(int(patch[0, 0, 0]), 60)
        top, left = divmod(rest, 5)
        assert torch.equal(patch, maps[picture, :, top : top + 3, left : left + 3])
        corners.add((picture, top, left))
    assert corners == {(n, i, j) for n in range(2) for i in range(2) for j in range(3)}


def test_patches_larger_than_the_maps_are_refused(random):
    with pytest.raises(ValueError, match="do not fit"):
        whitened_filters(torch.zeros(2, 3, 8, 4), 5, 1, random)


def test_more_filters_than_patches_are_refused(random):
    with pytest.raises(ValueError, match="cannot be chosen"):
        drawn(smooth_maps(random), 3, 11, 10)


@pytest.mark.parametrize("value", [0.0, 0.1, float("nan"), float("inf")])
def test_maps_without_contrast_are_refused(value):
    with pytest.raises(ValueError, match="flat or not finite"):
        drawn(torch.full((3, 3, 8, 8), value), 3, 5, 100)
