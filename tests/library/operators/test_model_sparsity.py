"""M(h, k) is a projection onto model-k-sparse codes."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from cnninvert.operators.model_sparsity import (
    ModelProjection,
    from_regions,
    is_model_sparse,
    sample_codes,
    to_regions,
)


@pytest.mark.parametrize("sizes", [(12,), (13,), (6, 6), (7, 7), (5, 8)])
@pytest.mark.parametrize("region", [None, 2, 3])
def test_regions_round_trip(sizes, region, random):
    h = torch.randn(2, 3, *sizes, generator=random)
    assert torch.equal(from_regions(to_regions(h, region), region, sizes), h)


@pytest.mark.parametrize("magnitude", ["signed", "absolute"])
@pytest.mark.parametrize("switches", ["known", "fixed"])
def test_result_is_model_sparse(switches, magnitude, random):
    h = torch.randn(3, 4, 7, 7, generator=random)
    z = ModelProjection(2, switches, magnitude, k=10)(h)
    assert is_model_sparse(z, 2, 10)


def test_known_absolute_is_the_nearest_model_sparse_code(random):
    """By brute force over all supports of a small code."""
    h = torch.randn(1, 2, 4, generator=random)
    z = ModelProjection(2, k=2)(h)
    regions = to_regions(h, 2).reshape(4, 2)
    kept = max(
        sum(regions[region, place] ** 2 for region, place in zip(chosen, places, strict=True))
        for chosen in itertools.combinations(range(4), 2)
        for places in itertools.product(range(2), repeat=2)
    )
    assert z.square().sum().item() == pytest.approx(kept.item())
    assert torch.equal(z[z != 0], h[z != 0])


def test_idempotent(random):
    project = ModelProjection(2, share=0.5)
    z = project(torch.randn(2, 3, 8, 8, generator=random))
    assert torch.equal(project(z), z)


def test_known_switches_agree_with_torch_max_unpooling(random):
    h = torch.randn(2, 3, 8, 8, generator=random)
    values, indices = F.max_pool2d(h, 2, return_indices=True)
    expected = F.max_unpool2d(values, indices, 2)
    assert torch.equal(ModelProjection(2, "known", "signed")(h), expected)


def test_fixed_switches_are_top_left(random):
    h = torch.randn(2, 3, 8, 8, generator=random)
    z = ModelProjection(2, "fixed", "signed")(h)
    assert torch.equal(z[..., ::2, ::2], F.max_pool2d(h, 2))
    assert z[..., 1::2, :].abs().sum() == z[..., :, 1::2].abs().sum() == 0


def test_share_counts_regions(random):
    z = ModelProjection(2, share=0.25)(torch.randn(2, 4, 8, 8, generator=random))
    assert (z != 0).flatten(1).sum(1).tolist() == [16, 16]


def test_keeping_nothing(random):
    assert not ModelProjection(2, k=0)(torch.randn(1, 2, 4, 4, generator=random)).any()


@pytest.mark.parametrize(("sizes", "region"), [((28,), None), ((14, 14), 2), ((15, 15), 2)])
def test_sampled_codes_are_model_sparse_and_of_the_size_asked_for(sizes, region, random):
    z = sample_codes(20, 12, sizes, region, 10, random)
    assert is_model_sparse(z, region, 10)
    assert (z.flatten(1) != 0).sum(1).tolist() == [10] * 20
    assert z.abs().max() <= 1


def test_too_many_non_zeros_are_refused(random):
    with pytest.raises(ValueError, match="exceeds the 3 regions"):
        sample_codes(1, 3, (8,), None, 4, random)


@pytest.mark.parametrize("sizes", [(7, 7), (6, 6), (9,)])
def test_the_signed_maximum_of_negative_values_is_the_least_negative(sizes, random):
    """Also in the partial regions at the border, whose filling must not win."""
    h = -1 - torch.rand(2, 3, *sizes, generator=random)
    z = ModelProjection(2, magnitude="signed")(h)
    regions = to_regions(z, 2)
    assert is_model_sparse(z, 2) and (regions != 0).any(-1).all()
    expected = to_regions(h, 2, fill=-torch.inf).amax(-1)
    assert torch.equal(regions.sum(-1), expected)


@pytest.mark.parametrize("kept", [{"k": 7}, {"share": 7 / 36}])
@pytest.mark.parametrize("switches", ["known", "fixed"])
def test_the_signed_maximum_keeps_the_largest_values_and_not_magnitudes(kept, switches, random):
    h = torch.randn(2, 4, 6, 6, generator=random) - 2
    z = ModelProjection(2, switches, "signed", **kept)(h)
    largest = F.max_pool2d(h, 2).flatten(1).topk(7).values
    for code, values in zip(z, largest, strict=True):
        assert torch.equal(code[code != 0].sort().values, values.sort().values)
    assert (z < 0).any()


def test_the_signed_maximum_drops_what_is_negative_beside_zeros(random):
    """So it is no projection onto model-sparse codes; the absolute maximum is."""
    z = sample_codes(3, 4, (6, 6), 2, 12, random)
    assert torch.equal(ModelProjection(2, magnitude="signed")(z), z.clamp(min=0))
    assert torch.equal(ModelProjection(2)(z), z)


def test_an_empty_batch_stays_empty():
    assert ModelProjection(2)(torch.zeros(0, 4, 6, 6)).shape == (0, 4, 6, 6)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"magnitude": "abs"}, "magnitude must be signed or absolute, not 'abs'"),
        ({"switches": "naive"}, "switches must be known or fixed, not 'naive'"),
        ({"region": 0}, "a region has a side of 1 or more"),
        ({"share": 1.5}, "a share is between 0 and 1"),
        ({"k": -1}, "k is 0 or more"),
    ],
)
def test_what_is_no_projection_is_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        ModelProjection(**options)
