"""The audit of a layer whose guarantees are known."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnninvert.networks.tracing import trace
from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.theory.bounds import recovery_bound
from network.audit_network import _passed
from paper.network.audit import GUARANTEES, Activity, audit, largest_distortion, verdict
from paper.network.silence import silenced_margin

ACTIVITY = Activity(active=0.5, spanned=1.0, nonzeros=6.0, share=0.1, stripe=3.0, places=64.0)


def audited(w, activity=ACTIVITY):
    rows = audit(w, activity, 8, 2.0, torch.Generator().manual_seed(0))
    return {name: (needs, measured) for name, needs, measured in rows}


def test_orthonormal_pairs_have_all_that_proposition_1_needs():
    """[W, -W] of an orthonormal basis, the example of section 3.1."""
    basis = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0)))[0]
    found = audited(Convolution(torch.cat([basis, -basis]).view(16, 8, 1, 1), size=6))
    assert found["pairs"][1] == 1
    assert found["opposite"][1] == pytest.approx(1)
    assert found["tight"][1] == pytest.approx(1, abs=1e-5)
    assert found["expansive"] == (2.0, 2.0)
    assert found["silence"][1] == found["silence+"][1] == pytest.approx(0, abs=1e-6)
    assert found["active"] == (1.0, 1.0)
    assert verdict("expansive", *found["expansive"]) == (1.0, "holds")
    # A filter and its negative are no unique code.
    assert verdict("unique", *found["unique"])[1] == "fails"


def test_the_worst_code_and_sums_of_codes_are_further_out_than_random_ones():
    filters = unit_norm(gaussian_filters((12, 6, 3, 3), torch.Generator().manual_seed(1)))
    found = audited(Convolution(filters, size=8))
    assert found["sampled"][1] < found["worst"][1] < found["sums"][1]
    assert found["coherence"][1] < 1.2 * found["coherence"][0]


@pytest.mark.parametrize(
    "shape, geometry",
    [
        ((8, 2, 3, 3), {"groups": 4, "stride": 2}),
        ((8, 4, 1, 3), {}),
        ((4, 1, 3, 3), {"groups": 4}),
        ((6, 3, 2, 2), {"dilation": 3}),
    ],
)
def test_any_convolution_is_audited(shape, geometry):
    filters = unit_norm(gaussian_filters(shape, torch.Generator().manual_seed(2)))
    found = audited(Convolution(filters, size=11, **geometry))
    assert set(found) <= set(GUARANTEES) and {"worst", "tight", "silence"} <= set(found)
    assert not set(audited(Convolution(filters, size=11, **geometry), None)) & {
        *("sampled", "worst", "sums", "unique", "stripes", "active", "spanned", "values")
    }


class Rectified(nn.Module):
    """A convolution and an activation, which is a function."""

    def __init__(self, activation):
        super().__init__()
        self.convolution = nn.Conv2d(3, 16, 3, padding=1)
        self.activation = activation

    def forward(self, x):
        return self.activation(self.convolution(x))


def passed(activation):
    torch.manual_seed(0)
    network = trace(Rectified(activation).eval(), 8)
    first, after = network.layers.values()
    *_, output = network.run(10 * torch.randn(1, 3, 8, 8))
    assert output.layer is after
    return _passed(network, first, output)


def test_saturated_responses_pass_nothing_whether_relu6_is_a_module_or_a_function():
    assert passed(nn.ReLU6()) == passed(F.relu6) != passed(nn.ReLU())
    assert passed(nn.ReLU()) == passed(torch.relu)
    assert passed(nn.ReLU6())[0] < passed(nn.ReLU())[0]


def test_no_theorem_is_about_other_activations():
    share, spanned = passed(nn.GELU())
    assert share != share and spanned != spanned  # NaN
    silent = replace(ACTIVITY, active=share, spanned=spanned)
    found = audited(Convolution(torch.eye(4).view(4, 4, 1, 1), size=4), silent)
    assert "worst" in found and not {"active", "spanned"} & set(found)


def test_a_silenced_layer_gives_nothing_for_the_input_that_silences_it():
    filters = -gaussian_filters((4, 3, 3, 3), torch.Generator().manual_seed(3)).abs()
    margin = silenced_margin(unit_norm(filters), nonnegative=True)
    assert margin > 0
    w = Convolution(unit_norm(filters), size=9)
    assert float(w(torch.ones(1, 3, 9, 9)).max()) == pytest.approx(-margin, rel=1e-5)


def test_theorem_3_3_promises_less_than_1_up_to_there():
    limit = largest_distortion()
    assert recovery_bound(limit, limit) < 1 < recovery_bound(limit + 1e-6, limit + 1e-6)
