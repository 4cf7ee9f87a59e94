"""Winograd's convolution is the convolution, and so are its gradients."""

import pytest
import torch
import torch.nn.functional as F

from cnninvert.operators import winograd

SIZES = [(4, 4), (16, 16), (5, 7), (1, 2), (3, 9)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_it_is_the_convolution(size, memory_format, random):
    x = torch.randn(2, 3, *size, generator=random, dtype=torch.float64)
    filters = torch.randn(5, 3, 3, 3, generator=random, dtype=torch.float64)
    x, filters = (part.to(memory_format=memory_format) for part in (x, filters))
    for padding in (0, 1, 2):
        if padding or min(size) > 2:
            found = winograd.convolve(x, filters, padding)
            expected = F.conv2d(x, filters, padding=padding)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
            assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_so_are_its_gradients(padding, random):
    x = torch.randn(2, 3, 6, 5, generator=random, dtype=torch.float64, requires_grad=True)
    filters = torch.randn(4, 3, 3, 3, generator=random, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(4, generator=random, dtype=torch.float64, requires_grad=True)
    expected = F.conv2d(x, filters, bias, padding=padding)
    found = winograd.convolve(x, filters, padding, bias)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    weights = torch.randn(expected.shape, generator=random, dtype=torch.float64)
    expected = torch.autograd.grad(expected, (x, filters, bias), weights)
    found = torch.autograd.grad(found, (x, filters, bias), weights)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_blocks_of_signals_are_the_batch(random, monkeypatch):
    x = torch.randn(5, 3, 9, 7, generator=random, dtype=torch.float64, requires_grad=True)
    filters = torch.randn(4, 3, 3, 3, generator=random, dtype=torch.float64, requires_grad=True)
    complete = winograd.convolve(x, filters)
    expected = torch.autograd.grad(complete, (x, filters), complete.detach())
    of_one = 6 * 6 * 4 * 8 * 6  # bytes: tiles of 36 numbers, 4 channels, 6 tiles
    monkeypatch.setattr(winograd, "BLOCK", 2 * of_one)
    found = winograd.convolve(x, filters)
    assert torch.equal(found, complete) and found.stride(1) == complete.stride(1) == 1
    for ours, whole in zip(
        torch.autograd.grad(found, (x, filters), found.detach()), expected, strict=True
    ):
        torch.testing.assert_close(ours, whole, rtol=0, atol=1e-11)


def test_its_error_in_float32(random):
    x = torch.randn(4, 256, 16, 16, generator=random)
    filters = torch.randn(256, 256, 3, 3, generator=random)
    exact = F.conv2d(x.double(), filters.double(), padding=1)
    error = (winograd.convolve(x, filters) - exact).norm() / exact.norm()
    assert error < 5e-6


def test_it_is_taken_where_it_pays(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    wide, narrow = torch.empty(128, 128, 3, 3), torch.empty(64, 128, 3, 3)
    x = torch.empty(2, 128, 28, 28)
    assert winograd.pays(x, wide)
    assert not winograd.pays(x[:1], wide)
    assert winograd.pays(x, wide, padding=0) and not winograd.pays(x[..., :20], wide, padding=0)
    assert not winograd.pays(x, narrow)
    assert not winograd.pays(x, wide.new_empty(128, 128, 5, 5))
    assert not winograd.pays(x.bfloat16(), wide.bfloat16())
    with torch.autocast("cpu", torch.bfloat16):
        assert not winograd.pays(x, wide)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert winograd.pays(x[:1], narrow)
    assert not winograd.pays(x[:, :32], wide.new_empty(128, 32, 3, 3))


@pytest.mark.parametrize("geometry", [(1, 0), (1, 1), (1, 2), (1, 3), (2, 1)], ids=str)
def test_convolutions_of_wide_banks_are_those_of_torch(geometry, random):
    x = torch.randn(1, 128, 29, 31, generator=random)
    filters = torch.randn(128, 128, 3, 3, generator=random) / 34
    bias = torch.randn(128, generator=random)
    for ours, theirs in (
        (winograd.conv2d, F.conv2d),
        (winograd.conv_transpose2d, F.conv_transpose2d),
    ):
        expected = theirs(x.double(), filters.double(), bias.double(), *geometry)
        found = ours(x, filters, bias, *geometry)
        torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-4)
    in_groups = torch.randn(128, 2, 3, 3, generator=random)
    expected = F.conv2d(x, in_groups, padding=1, groups=64)
    assert torch.equal(winograd.conv2d(x, in_groups, padding=1, groups=64), expected)


def test_what_it_does_not_know_is_refused():
    x, filters = torch.empty(1, 2, 4, 4), torch.empty(1, 2, 3, 3)
    with pytest.raises(ValueError, match="3, 3"):
        winograd.convolve(x, torch.empty(1, 2, 5, 5))
    with pytest.raises(ValueError, match="padding is 0, 1 or 2, not 3"):
        winograd.convolve(x, filters, 3)
    with pytest.raises(ValueError, match=r"signals of \(2, 4\) are smaller"):
        winograd.convolve(x[:, :, :2], filters, 0)


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_second_derivatives_are_right(padding, random):
    x = torch.randn(1, 2, 5, 4, generator=random, dtype=torch.float64, requires_grad=True)
    filters = torch.randn(2, 2, 3, 3, generator=random, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(
        lambda x, filters: winograd.convolve(x, filters, padding), (x, filters)
    )


def test_transforms_of_torch_func_go_through_wide_banks(random):
    filters = torch.randn(128, 128, 3, 3, generator=random) / 34
    x = torch.randn(2, 128, 28, 28, generator=random)
    assert winograd.pays(x, filters)
    y, pull = torch.func.vjp(lambda x: winograd.conv2d(x, filters, padding=1), x)
    (found,) = pull(y)
    expected = F.conv_transpose2d(F.conv2d(x, filters, padding=1), filters, padding=1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)


def test_its_result_can_be_overwritten(random):
    x = torch.randn(2, 3, 6, 5, generator=random, requires_grad=True)
    filters = torch.randn(4, 3, 3, 3, generator=random)
    (found,) = torch.autograd.grad(winograd.convolve(x, filters).relu_().sum(), x)
    (expected,) = torch.autograd.grad(F.conv2d(x, filters, padding=1).relu().sum(), x)
    torch.testing.assert_close(found, expected)
