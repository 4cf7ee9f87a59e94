"""Traced convolutions: the fast way where it pays, and their own where they have one."""

import pytest
import torch
from torch import nn

from cnninvert import trace
from cnninvert.operators import winograd


@pytest.mark.parametrize("wrap", [lambda conv: conv, nn.utils.parametrizations.weight_norm])
def test_wide_convolutions_go_winograd_s_way(wrap, monkeypatch):
    conv = wrap(nn.Conv2d(128, 128, 3, padding=1)).eval()
    network, x = trace(nn.Sequential(conv, nn.ReLU()), (128, 36, 36)), torch.rand(1, 128, 36, 36)
    expected, calls = conv(x).relu(), []
    convolve = winograd.convolve
    monkeypatch.setattr(winograd, "convolve", lambda *args: calls.append(1) or convolve(*args))
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-5)
    assert len(calls) == 1
    conv(x)
    assert len(calls) == 1, "the module itself is as it was"


def test_a_convolution_s_own_way_and_its_padding_are_kept():
    class Doubled(nn.Conv2d):
        def _conv_forward(self, x, weight, bias):
            return super()._conv_forward(x, 2 * weight, bias)

    for conv in (Doubled(128, 128, 3), nn.Conv2d(128, 128, 3, padding=1, padding_mode="reflect")):
        x = torch.rand(1, 128, 36, 36)
        torch.testing.assert_close(trace(conv.eval(), (128, 36, 36))(x), conv(x))
